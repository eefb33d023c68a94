import { isDeepStrictEqual } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import { fitReasons } from '../../inject/fit/judge.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import type { EventRecorder } from '../../kube/event-recorder.ts';
import { type Eviction, evict } from '../../kube/eviction.ts';
import { type Change, type Informer, createInformer } from '../../kube/informer.ts';
import type { OwnerResolver } from '../../kube/owners.ts';
import { createWorkQueue, runWorkers } from '../../kube/work-queue.ts';
import {
  followVersion,
  limitRangeSource,
  namespaceSource,
  policySource,
  resourceQuotaSource,
} from '../../policy/informers.ts';
import { inTurns } from '../shares.ts';
import type { Follower } from '../../policy/follower.ts';
import { createStore, readNamespace } from '../../policy/store.ts';
import {
  type CoverageEvent,
  eventAbout,
  eventsForInvalid,
  eventsForMissed,
  eventsForUnfitting,
  recordEvents,
} from './events.ts';
import { followFailures } from './failures.ts';
import { followGuesses } from './guesses.ts';
import { followTrials, trialsByPolicy } from './trial.ts';
import type { ControllerMetrics } from './metrics.ts';
import {
  type CoverageContext,
  type PodIndex,
  countOfPolicy,
  controllerKeyOf,
  podIndexFunctions,
  summarizePod,
} from './pod-index.ts';
import {
  type HealthPolicyWithStatus,
  createPolicyValidator,
  policyStatus,
  writePolicyStatus,
} from './policy-status.ts';
import { type Repair, type RepairSettings, decideRepairs } from './repair.ts';
import { followUnknownHardware } from './unknown-hardware.ts';

type CoverageOptions = {
  readonly client: Client;
  readonly context: CoverageContext;
  readonly owners: OwnerResolver;
  readonly recorder: EventRecorder;
  readonly metrics: ControllerMetrics;
  /** Undefined: report missed Pods, and leave them. */
  readonly repair: RepairSettings | undefined;
  /** The time between two passes, and the time after which a changed policy or Pod reaches a status. */
  readonly tickMs: number;
  readonly onError: (sentence: string) => void;
  readonly onAction: (fields: Readonly<Record<string, unknown>>, message: string) => void;
};

/** The key of all Pods in the queue of relists; the other keys are namespaces, whose names are never empty. */
const allPods = '';

/** Each may ask for the owner of an owner, one after the other: a namespace of many owners delays no pass for long. */
const mostEventsPerPass = 512;

/** With a round of two thousand Pods a status is younger than two minutes. */
const trialStatusMs = 10_000;

/** Changes of policies and namespaces often come several at a time. */
const settleMs = 2_000;

/**
 * Evaluates all Pods, reports Pods without their check in Events, metrics and the status of policies, and evicts them
 * where that is asked for. Runs until `signal` is aborted.
 */
export async function runCoverageController(options: CoverageOptions, signal: AbortSignal): Promise<void> {
  const { client, context, metrics, repair, tickMs, onError } = options;
  const store = createStore(context.prefix);
  const relists = createWorkQueue({}, signal);
  const statuses = createWorkQueue({}, signal);
  const policies = createInformer<HealthPolicyWithStatus>({ ...policySource(client), onError });
  const namespaces = createInformer({ ...namespaceSource(client), onError });
  const limitRanges = createInformer({ ...limitRangeSource(client), onError });
  const resourceQuotas = createInformer({ ...resourceQuotaSource(client), onError });
  const pods = createInformer({
    client,
    path: '/api/v1/pods',
    transform: (object) => summarizePod(object as V1Pod, context, (namespace) => store.scopeFor(namespace, Date.now())),
    indexFunctions: podIndexFunctions,
    onError,
  });
  const guesses = followGuesses({
    list: () => pods.list(),
    onChange({ verdict: { policy } }) {
      if (policy !== undefined) statuses.addAfter(policy, tickMs);
    },
  });
  const trials = followTrials({
    list: () => pods.list(),
    // What is counted changes with each answer of a Pod that would fail: not each is written.
    onChange({ verdict: { policy } }) {
      if (policy !== undefined) statuses.addAfter(policy, trialStatusMs);
    },
  });
  const isUnproven = (uid: string): boolean => guesses.isUnproven(uid) || trials.isUnproven(uid);
  const failures = followFailures({ list: () => pods.list(), recorder: options.recorder });
  const unknownHardware = followUnknownHardware({ list: () => pods.list(), recorder: options.recorder });
  const problemsOf = createPolicyValidator(context);
  let arePodsStarted = false;
  const requestRelist = (key: string): void => {
    if (arePodsStarted) relists.addAfter(key, settleMs);
  };

  policies.onChange(({ key, before, after }) => {
    if (after) statuses.addAfter(key, tickMs);
    // The status is written by this controller, and changes no evaluation.
    const { uid, generation } = before?.metadata ?? {};
    if (before && after && after.metadata.uid === uid && after.metadata.generation === generation) return;
    forward({ before, after }, store.policies);
    requestRelist(allPods);
  });
  namespaces.onChange(({ key, before, after }) => {
    const [old, current] = [before, after].map((each) => each && readNamespace(each.metadata, context.prefix));
    // Others write much into namespaces that no policy reads.
    if (isDeepStrictEqual(old, current)) return;
    forward({ before, after }, store.namespaces);
    requestRelist(key);
  });
  limitRanges.onChange((change) => {
    forward(change, store.limitRanges);
    requestRelist((change.after ?? change.before)?.metadata?.namespace ?? allPods);
  });
  // Each Pod that comes or goes changes what is used: that is no reason to look at all others again.
  resourceQuotas.onChange((change) => forward(change, store.resourceQuotas));
  pods.onChange(({ before, after }) => {
    for (const policy of [before?.verdict.policy, after?.verdict.policy]) {
      if (policy !== undefined) statuses.addAfter(policy, tickMs);
    }
  });

  /** Evaluates the Pods again of which something changed that their evaluation reads. */
  const relist = async (namespace: string): Promise<void> => {
    // A list in progress has evaluated some Pods before the change, and would replace what is evaluated here.
    if (pods.isListing()) return relists.addAfter(namespace, settleMs);
    await pods.relist(namespace === allPods ? '/api/v1/pods' : `/api/v1/namespaces/${namespace}/pods`, signal);
  };
  const reconcileStatus = async (name: string): Promise<void> => {
    const policy = policies.get(name);
    if (!policy) return undefined;
    if (!pods.hasSynced()) return statuses.addAfter(name, tickMs);
    const wanted = policyStatus(
      policy,
      countOfPolicy(pods, name, { isUnproven, trialOf: trials.statusOf }),
      problemsOf(policy),
      systemClock.date(),
    );
    return writePolicyStatus(client, policy, wanted, signal);
  };
  let history: readonly Repair[] = [];
  /** How many of the Events of a pass the passes before have recorded, where they are more than one pass does. */
  let told = 0;
  const pass = async (): Promise<void> => {
    metrics.countPods(pods, guesses.countUnproven() + trials.countUnproven());
    metrics.countTrials(trialsByPolicy(pods, trials.statusOf));
    metrics.invalidPolicies.set([...policies.list()].filter((policy) => problemsOf(policy).length > 0).length);
    const missed = eventsForMissed(pods.byIndex('state', 'missed'));
    const invalid = eventsForInvalid(pods.byIndex('state', 'invalid-annotations'));
    const unfitting = eventsForUnfitting(fitReasons.flatMap((reason) => pods.byIndex('state', reason)));
    const all = inTurns([...missed, ...invalid, ...unfitting], ({ namespace }) => namespace);
    if (told >= all.length) told = 0;
    await recordEvents(all.slice(told, told + mostEventsPerPass), options, signal);
    told += mostEventsPerPass;
    await recordEvents(trials.takeEvents(mostEventsPerPass), options, signal);
    if (repair) history = await repairMissed(pods, history, { ...options, repair }, signal);
  };

  const followed = [policies, namespaces, limitRanges, resourceQuotas];
  const running = followed.map((informer) => informer.run(signal));
  await untilSynced(followed, signal);
  await followVersion(client, store, onError, signal);
  arePodsStarted = true;
  running.push(
    pods.run(signal),
    guesses.run(signal),
    failures.run(signal),
    unknownHardware.run(signal),
    trials.run(signal),
    runWorkers(
      relists,
      {
        reconcile: relist,
        onError: (namespace, { message }) =>
          onError(`The Pods${namespace && ` of ${namespace}`} could not be listed again: ${message}.`),
      },
      signal,
    ),
    // One worker: a thousand policies whose statuses change together take one connection of the apiserver.
    runWorkers(
      statuses,
      {
        reconcile: reconcileStatus,
        onError: (name, error) => {
          const why = error instanceof ApiError ? error.summary : error.message;
          onError(`The status of HealthPolicy ${name} could not be written: ${why}.`);
        },
      },
      signal,
    ),
  );
  while (!signal.aborted) {
    try {
      if (pods.hasSynced()) await pass();
    } catch (error) {
      if (!signal.aborted) onError(`The last look at the Pods broke off: ${(error as Error).message}.`);
    }
    await systemClock.sleep(tickMs, signal);
  }
  await Promise.all(running);
}

const syncPollMs = 20;

async function untilSynced(informers: readonly Pick<Informer<unknown>, 'hasSynced'>[], signal: AbortSignal) {
  while (!signal.aborted && !informers.every(({ hasSynced }) => hasSynced())) {
    await systemClock.sleep(syncPollMs, signal);
  }
}

/** Hands a change of an informer on to what the store holds. */
function forward<T>({ before, after }: Pick<Change<T>, 'before' | 'after'>, { upsert, remove }: Follower<T>): void {
  if (after) upsert(after);
  else if (before) remove(before);
}

/** Evicts missed Pods within the limits of `repair`. Returns the evictions that still count for the next pass. */
async function repairMissed(
  pods: PodIndex,
  history: readonly Repair[],
  options: CoverageOptions & { readonly repair: RepairSettings },
  signal: AbortSignal,
): Promise<readonly Repair[]> {
  const { client, metrics, repair, onAction } = options;
  const nowMs = Date.now();
  const decision = decideRepairs(pods, history, nowMs, repair);
  const recent = history.filter(({ atMs }) => nowMs - atMs < Math.max(repair.windowMs, repair.ownerWindowMs));
  const events: CoverageEvent[] = decision.givenUp.map((pod) =>
    eventAbout(
      pod,
      'HealthCheckRepairGivenUp',
      `Pod ${pod.name} was replaced and came back without its health check, so no more Pods are: the webhook does not see them.`,
    ),
  );
  for (const pod of decision.evict) {
    const { uid, namespace, name, owner } = pod;
    let isUnknown = false;
    const eviction = await evict(client, { namespace, name, uid }, { signal }).catch(({ message }: Error): Eviction => {
      isUnknown = true;
      return { result: 'failed', message };
    });
    metrics.countRepair(eviction);
    onAction({ namespace, pod: name, owner: owner?.name, ...eviction }, 'missed Pod evicted');
    // An eviction whose answer was lost counts too, and once: it is tried again where it did not arrive.
    if ((isUnknown || eviction.result === 'evicted') && !recent.some((each) => each.uid === uid)) {
      recent.push({ uid, namespace, owner: controllerKeyOf(pod), atMs: nowMs });
    }
    if (eviction.result === 'refused') {
      const note = `Pod ${name} could not be replaced: ${eviction.message}.`;
      events.push(eventAbout(pod, 'HealthCheckRepairRefused', note));
    }
  }
  await recordEvents(events, options, signal);
  return recent;
}
