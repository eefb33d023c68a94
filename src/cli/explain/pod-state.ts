// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { bounded } from '../visible.ts';

/** How a container of a Pod fares, by the kubelet's word. */
export type ContainerState = {
  readonly name: string;
  readonly isReady: boolean;
  readonly restarts: number;
  /** Why it waits, such as `CrashLoopBackOff`; undefined where it does not. */
  readonly waiting: string | undefined;
  /** How its last run ended. */
  readonly lastEnd: { readonly at: string; readonly exitCode: number; readonly reason: string } | undefined;
};

/** What the status of a Pod says of it. */
export type PodState = {
  /** Undefined where the kubelet has not said. */
  readonly isReady: boolean | undefined;
  /** Since when it is so. */
  readonly since: string | undefined;
  /** What the kubelet says of a Pod that is not Ready. */
  readonly message: string;
  readonly restarts: number;
  /** The containers that are not ready, or were restarted. */
  readonly troubled: readonly ContainerState[];
};

const mostContainers = 16;
const longestText = 256;

/** Reads the status of a Pod. */
export function readPodState({ status }: Pick<V1Pod, 'status'>): PodState {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const sidecars = (status?.initContainerStatuses ?? []).filter(({ state }) => state?.running || state?.waiting);
  const containers = [...sidecars, ...(status?.containerStatuses ?? [])].map(containerStateOf);
  return {
    isReady: ready && ready.status === 'True',
    since: ready?.lastTransitionTime === undefined ? undefined : String(ready.lastTransitionTime),
    message: bounded(ready?.message ?? '', longestText),
    restarts: containers.reduce((sum, { restarts }) => sum + restarts, 0),
    troubled: containers.filter(({ isReady, restarts }) => !isReady || restarts > 0).slice(0, mostContainers),
  };
}

function containerStateOf({ name, ready, restartCount, state, lastState }: V1ContainerStatus): ContainerState {
  const ended = state?.terminated ?? lastState?.terminated;
  return {
    name: bounded(name, longestText),
    isReady: ready,
    restarts: restartCount,
    waiting: state?.waiting?.reason === undefined ? undefined : bounded(state.waiting.reason, longestText),
    lastEnd: ended && {
      at: String(ended.finishedAt),
      exitCode: ended.exitCode,
      reason: bounded(ended.reason ?? '', longestText),
    },
  };
}
