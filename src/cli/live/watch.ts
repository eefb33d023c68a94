import { isDeepStrictEqual } from 'node:util';
import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import type { Pod } from '../../inject/pod/pod.ts';
import type { Client } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { createInformer } from '../../kube/informer.ts';
import { createWorkQueue, runWorkers } from '../../kube/work-queue.ts';
import { type NodeQuarantine, quarantinesPath } from '../../quarantine/quarantine.ts';
import { readEvent } from '../explain/pod-events.ts';
import { type WatchLine, checkChanges, podChanges, toWatchedPod } from '../watch/changes.ts';
import { askAgents } from './agents.ts';
import { type Target, openCluster } from './cluster.ts';
import { shownReasons } from './history.ts';

type WatchOptions = {
  readonly target: Target;
  readonly isAll: boolean;
  readonly prefix: string;
  readonly onLine: (line: WatchLine) => void;
  readonly onError: (sentence: string) => void;
};

/** Events that say something of a check, a restart or a move. */
const reasons: ReadonlySet<string> = new Set([
  ...shownReasons,
  'Unhealthy',
  'ProbeWarning',
  'Killing',
  'BackOff',
  'HardwareFailed',
  'MovedOffNode',
]);

/** The kubelet repeats an Event as often as a probe fails. */
const repeatedMs = 60_000;

/** How long the agents of a Pod are not asked again, and how often those are whose check did not pass. */
const settleMs = 1_000;
const retryMs = 10_000;

const now = (): string => new Date().toISOString();

/** Follows the Pods, Events and quarantines of a namespace, or of all, until the signal. */
export async function watchCluster(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { target, isAll, prefix, onLine, onError } = options;
  const { client, strangers, namespace } = await openCluster(target);
  const within = isAll ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const startMs = Date.now();
  const source = { client, onError };

  let hasComplained = false;
  /** The right that is missing for one Pod is missing for all. */
  const complainOnce = (sentence: string): void => {
    if (!hasComplained) onError(sentence);
    hasComplained = true;
  };

  const questions = createWorkQueue({}, signal);
  const pods = createInformer({
    ...source,
    path: `/api/v1${within}/pods`,
    transform: (object) => toWatchedPod(object as V1Pod),
  });
  pods.onChange(({ key, before, after }) => {
    const lines = podChanges(before, after, now());
    lines.forEach(onLine);
    // Why a Pod fails, and that it does no more, its agent knows.
    if (after && lines.length > 0) questions.addAfter(key, settleMs);
    if (!after) verdicts.delete(key);
  });
  const verdicts = new Map<string, ReadonlyMap<string, string>>();
  const askPod = async (key: string): Promise<void> => {
    const held = pods.get(key);
    if (!held || held.isDeleting) return;
    const pod = await readPod(client, held, signal);
    const { checks, unanswered } = await askAgents(pod, strangers, prefix);
    if (checks.length === 0) unanswered.slice(0, 1).forEach(complainOnce);
    const found = checkChanges(held, verdicts.get(key) ?? new Map(), checks, now());
    verdicts.set(key, found.verdicts);
    found.lines.forEach(onLine);
    if ([...found.verdicts.values()].some((verdict) => verdict !== 'pass')) questions.addAfter(key, retryMs);
  };

  const shownMs = new Map<string, number>();
  const events = createInformer({
    ...source,
    path: `/api/v1${within}/events`,
    transform: (object) => {
      const event = object as CoreV1Event;
      return reasons.has(event.reason ?? '') ? { ...readEvent(event), about: event.involvedObject } : undefined;
    },
  });
  events.onChange(({ key, after }) => {
    if (!after) return void shownMs.delete(key);
    const isOld = Date.parse(after.last) < startMs - 1_000;
    if (isOld || Date.now() - (shownMs.get(key) ?? 0) < repeatedMs) return;
    shownMs.set(key, Date.now());
    const { kind = '', name = '', namespace: space = '' } = after.about;
    const often = after.count > 1 ? ` (${after.count} times)` : '';
    onLine({
      at: now(),
      namespace: space,
      object: `${kind}/${name}`,
      kind: 'event',
      message: `${after.reason}${often}: ${after.message}`,
    });
    if (kind === 'Pod') questions.addAfter(`${space}/${name}`, settleMs);
  });

  const quarantines = createInformer({
    ...source,
    path: quarantinesPath,
    transform: (object) => (object as NodeQuarantine).spec,
  });
  quarantines.onChange(({ key: node, before, after }) => {
    const lineFor = ({ owner, check, message, until }: NodeQuarantine['spec']['owners'][number], is: boolean): void => {
      if (!isAll && owner.namespace !== namespace) return;
      const what = is ? `is kept off ${node} until ${until}: ${check}: ${message}` : `is no longer kept off ${node}`;
      onLine({
        at: now(),
        namespace: owner.namespace,
        object: `${owner.kind}/${owner.name}`,
        kind: 'quarantine',
        message: what,
      });
    };
    for (const each of after?.owners ?? []) if (!isThere(before, each)) lineFor(each, true);
    for (const each of before?.owners ?? []) if (!isThere(after, each)) lineFor(each, false);
  });

  await Promise.all([
    pods.run(signal),
    events.run(signal),
    quarantines.run(signal),
    runWorkers(
      questions,
      { reconcile: askPod, onError: (key, { message }) => onError(`Pod ${key} could not be asked: ${message}.`) },
      signal,
    ),
    systemClock.sleep(2 ** 31 - 1, signal).catch(() => {}),
  ]);
}

type QuarantineSpec = NodeQuarantine['spec'];

const isThere = (spec: QuarantineSpec | undefined, { owner }: QuarantineSpec['owners'][number]): boolean =>
  spec?.owners.some((each) => isDeepStrictEqual(each.owner, owner)) ?? false;

const readPod = (client: Client, { namespace, name }: { namespace: string; name: string }, signal: AbortSignal) =>
  client.get<Pod>(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`, {
    signal,
  });
