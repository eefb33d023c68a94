import type { V1Pod } from '@kubernetes/client-node';
import { timesText } from '../../wording/times.ts';
import type { CheckState } from '../explain/agent-state.ts';
import type { ContainerState, PodState } from '../explain/pod-state.ts';
import { readPodState } from '../explain/pod-state.ts';
import { formatEnd } from '../explain/format-pod.ts';

/** What is held of a Pod that is watched. */
export type WatchedPod = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly isDeleting: boolean;
  readonly state: PodState;
};

/** One thing that happened. */
export type WatchLine = {
  readonly at: string;
  readonly namespace: string;
  readonly object: string;
  readonly kind: 'check' | 'restart' | 'ready' | 'gone' | 'event' | 'quarantine';
  readonly message: string;
};

/** Takes from a Pod, as the apiserver sends it, what is held of it. */
export function toWatchedPod(pod: V1Pod): WatchedPod {
  const { namespace = '', name = '', uid = '', deletionTimestamp } = pod.metadata ?? {};
  const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return {
    namespace,
    name,
    uid,
    node: pod.spec?.nodeName ?? '',
    isDeleting: deletionTimestamp !== undefined || isOver,
    state: readPodState(pod),
  };
}

/** What is new of a Pod: of one that was there at the start only what is wrong with it. */
export function podChanges(before: WatchedPod | undefined, after: WatchedPod | undefined, at: string): WatchLine[] {
  const pod = after ?? before;
  if (!pod) return [];
  const line = (kind: WatchLine['kind'], message: string): WatchLine => ({
    at,
    namespace: pod.namespace,
    object: `Pod/${pod.name}`,
    kind,
    message,
  });
  if (!after || after.isDeleting) {
    return before && !before.isDeleting ? [line('gone', 'is gone, or on its way out')] : [];
  }
  // A Pod of the same name is another one.
  const same = before?.uid === after.uid ? before : undefined;
  const restarts = after.state.troubled.flatMap((container) => {
    const earlier = same?.state.troubled.find(({ name }) => name === container.name)?.restarts ?? 0;
    return container.restarts > earlier ? [line('restart', restartWords(container))] : [];
  });
  const { isReady, message } = after.state;
  const was = same?.state.isReady;
  const isNews = isReady !== was && (isReady === false || (isReady === true && was === false));
  const ready = isReady ? 'is Ready' : `is not Ready${message === '' ? '' : `: ${message}`}`;
  return [...restarts, ...(isNews ? [line('ready', ready)] : [])];
}

const restartWords = ({ name, restarts, lastEnd }: ContainerState): string =>
  `${name} was restarted, ${timesText(restarts)} now${lastEnd ? `: it ended with ${formatEnd(lastEnd)}` : ''}`;

const words: Readonly<Record<string, string>> = {
  pass: 'passes',
  alive: 'is alive and not ready',
  unknown: 'cannot tell',
  fail: 'fails',
};

const keyOf = ({ container, check }: CheckState): string => `${container}: ${check}`;

/** The checks of a Pod whose verdict is another than it was; of those that were never seen, only what does not pass. */
export function checkChanges(
  { namespace, name }: Pick<WatchedPod, 'namespace' | 'name'>,
  before: ReadonlyMap<string, string>,
  checks: readonly CheckState[],
  at: string,
): { readonly lines: readonly WatchLine[]; readonly verdicts: ReadonlyMap<string, string> } {
  const known = checks.flatMap((check) => (check.verdict === undefined ? [] : [{ ...check, verdict: check.verdict }]));
  return {
    verdicts: new Map(known.map((check) => [keyOf(check), check.verdict])),
    lines: known
      .filter((check) => check.verdict !== (before.get(keyOf(check)) ?? 'pass'))
      .map((check) => ({
        at,
        namespace,
        object: `Pod/${name}`,
        kind: 'check',
        message: `${keyOf(check)} ${words[check.verdict] ?? ''}${check.verdict === 'pass' || !check.reason ? '' : `: ${check.reason}`}`,
      })),
  };
}

/** A line for people: the time of day, where, what. */
export const formatLine = ({ at, namespace, object, message }: WatchLine): string =>
  `${at.slice(11, 19)}  ${namespace}/${object}  ${message}`;
