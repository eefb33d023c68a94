import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import type { Client } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import type { EventRecorder } from '../../kube/event-recorder.ts';
import { createInformer } from '../../kube/informer.ts';
import type { OwnerResolver } from '../../kube/owners.ts';
import { startReflector } from '../../kube/reflector.ts';
import { createWorkQueue, runWorkers } from '../../kube/work-queue.ts';
import { askAboutLiveness } from './answers.ts';
import { createHoldReporter } from './event.ts';
import { readHint, unhealthySelector } from './hint.ts';
import { createBudgetHolds } from './holds.ts';
import { createLivenessLog } from './liveness-log.ts';
import type { RestartMetrics } from './metrics.ts';
import { planHolds } from './plan.ts';
import { type ProbedPod, probedPodIndexes, toProbedPod } from './pod.ts';
import { createBudgetOwners } from './roots.ts';

export type RestartBudgetOptions = {
  readonly client: Client;
  readonly prefix: string;
  readonly owners: OwnerResolver;
  readonly recorder: EventRecorder;
  readonly metrics: RestartMetrics;
  readonly onError: (sentence: string) => void;
  readonly onAction: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly clock?: Clock;
};

/** The Events of Pods that fail together come one after the other. */
const debounceMs = 50;

/** How long between two passes at the most, while something is decided and else. */
const tickMs = { busy: 1_000, idle: 10_000 };

/** Passes take a tenth of the time at most. */
const restPerPass = 9;

const passKey = 'pass';
const syncPollMs = 20;

/**
 * Leads until the signal: holds the liveness of Pods of which too many would be restarted at once. All that a decision needs
 * stands in the Pods, in the Events of the kubelet and in what the sidecars say, so that a new leader decides the same; and
 * a hold ends by itself where there is none.
 */
export async function runRestartBudgetController(options: RestartBudgetOptions, signal: AbortSignal): Promise<void> {
  const { client, prefix, metrics, recorder, onError, onAction, clock = systemClock } = options;
  const passes = createWorkQueue({ clock }, signal);
  const onChange = (): void => passes.addAfter(passKey, debounceMs);
  const nowMs = (): number => clock.date().getTime();
  const pods = createInformer({
    client,
    path: '/api/v1/pods',
    transform: (object) => toProbedPod(object as V1Pod, prefix),
    indexFunctions: probedPodIndexes,
    onError,
  });
  const find = (uid: string): ProbedPod | undefined => pods.byIndex('uid', uid)[0];
  const liveness = createLivenessLog({ find, nowMs });
  const owners = createBudgetOwners({ owners: options.owners, onChange, nowMs: () => clock.now() }, signal);
  const holds = createBudgetHolds(
    {
      client,
      prefix,
      find,
      clock,
      onError,
      onAct(pod, act) {
        metrics.acted(act);
        if (act === 'ended') liveness.released(pod);
        if (act === 'failed') return;
        if (act !== 'renewed') onAction({ namespace: pod.namespace, pod: pod.name, act }, 'hold of the restart budget');
        onChange();
      },
    },
    signal,
  );
  const reporter = createHoldReporter(recorder);
  let questioned: readonly ProbedPod[] = [];

  const pass = async (): Promise<void> => {
    const startedMs = clock.now();
    const plan = planHolds({ pods, liveness, owners, untilOf: holds.untilOf }, nowMs());
    for (const { uid, untilMs } of plan.writes) holds.set(uid, untilMs);
    questioned = plan.questioned;
    reporter.report(plan.owners, holds.untilOf);
    const spent = plan.owners.filter(({ decision }) => decision.heldFailing.size > 0);
    const held = spent.reduce((sum, { decision }) => sum + decision.heldFailing.size, 0);
    metrics.counted(held, spent.length);
    passes.addAfter(passKey, plan.owners.length > 0 ? tickMs.busy : tickMs.idle);
    await clock.sleep((clock.now() - startedMs) * restPerPass, signal);
  };

  pods.onChange(({ before, after }) => {
    if (before && before.uid !== after?.uid) liveness.forget(before.uid);
    if (after && liveness.concerns(after)) onChange();
  });
  const running = [pods.run(signal)];
  while (!signal.aborted && !pods.hasSynced()) await clock.sleep(syncPollMs, signal);
  liveness.inherit(pods.byIndex('marked', 'marked'));
  const hear = (hint: ReturnType<typeof readHint>, isOld: boolean): void => {
    if (hint && liveness.hear(hint, isOld)) onChange();
  };
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  const source = { client, path: '/api/v1/events', fieldSelector: unhealthySelector };
  const synced = startReflector(
    { ...source, transform: (object) => readHint(object as CoreV1Event) },
    {
      onReplace: (hints) => hints.forEach((hint) => hear(hint, true)),
      onUpsert: (hint) => hear(hint, false),
      onDelete: () => {},
      onError,
    },
    signal,
  );
  await Promise.race([synced, aborted]);
  passes.add(passKey);
  const onPassError = (_key: string, { message }: Error): void =>
    onError(`The last pass over the restart budgets broke off: ${message}.`);
  running.push(
    runWorkers(passes, { reconcile: pass, onError: onPassError }, signal),
    holds.run(),
    askAboutLiveness(
      {
        list: () => questioned,
        onAnswer(pod, passes_) {
          if (liveness.answered(pod.uid, passes_)) onChange();
        },
        clock,
      },
      signal,
    ),
  );
  await Promise.all(running);
}
