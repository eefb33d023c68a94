import type { V1Container, V1ContainerState, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { type Hold, holdKey, parseHold } from '../../hold/hold.ts';
import { isHoldable } from '../../hold/volume.ts';
import { sidecarPorts } from '../../inject/model/guesses.ts';
import { readStatus } from '../../inject/model/status.ts';
import { podLimits } from '../../inject/pod/limits.ts';
import { type Pod, probedContainers } from '../../inject/pod/pod.ts';
import type { IndexFunctions } from '../../kube/informer.ts';
import { type Owner, controllerOf } from '../../kube/owners.ts';
import { recordedPercent } from './share.ts';

/** The end of a container with a liveness of ours. */
type Termination = {
  readonly finishedMs: number;
  /** Whether it ended as the kubelet ends a container: by SIGTERM, by SIGKILL, or in good order. */
  readonly isLikeKilled: boolean;
};

/** A Pod whose liveness the agent can hold, as the cache has it: some hundred bytes, whatever the size of the Pod. */
export type ProbedPod = {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  readonly controller: Owner;
  /** Of the Pods of its owner, how many percent may be restarted. */
  readonly percent: number;
  /** The containers that have a liveness of ours. */
  readonly containers: readonly string[];
  /** Where its sidecar is asked the same as the kubelet asks; undefined for the pattern cli, and without an address. */
  readonly sidecar: { readonly ip: string; readonly port: number } | undefined;
  /** How long after a failure that was the last one the kubelet may still be about to restart a container. */
  readonly restartMs: number;
  /** When the last of these containers started, by the clock of the kubelet; 0 where none runs. */
  readonly startedMs: number;
  readonly terminations: readonly Termination[];
  /** Undefined where the Pod has no readiness of ours, which asks what liveness asks unless a user wants something else. */
  readonly readiness: { readonly isReady: boolean; readonly sinceMs: number } | undefined;
  /** The annotation, in force or not. */
  readonly hold: Hold | undefined;
};

/** What the kubelet and the watch take on top of what the Pod says. */
const slackMs = 15_000;

/**
 * Takes from a Pod, as the apiserver sends it, what the budget needs. Undefined for a Pod of which no liveness can be held,
 * for one without an owner, and for one whose budget is off: nothing is decided about these, and they count nowhere.
 */
export function toProbedPod(pod: V1Pod, prefix: string): ProbedPod | undefined {
  const { metadata = {}, spec, status } = pod;
  const { namespace = '', name = '', uid = '', creationTimestamp, deletionTimestamp, annotations = {} } = metadata;
  const isOver = deletionTimestamp !== undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const controller = controllerOf(metadata);
  if (isOver || !spec || !controller || !isHoldable(pod, prefix)) return undefined;
  if (spec.containers.length + (spec.initContainers?.length ?? 0) > podLimits.containers) return undefined;
  const recorded = readStatus(pod, prefix);
  const percent = recordedPercent(recorded);
  const added = new Set(recorded?.added);
  const probed = probedContainers(pod as Pod).filter(
    ({ name: container, livenessProbe }) => livenessProbe && added.has(`${container}/livenessProbe`),
  );
  if (percent === 0 || probed.length === 0) return undefined;
  const containers = probed.map((container) => container.name);
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].filter((each) =>
    containers.includes(each.name),
  );
  const hasReadiness = containers.some((container) => added.has(`${container}/readinessProbe`));
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return {
    uid,
    namespace,
    name,
    createdMs: Date.parse(String(creationTimestamp)),
    controller,
    percent,
    containers,
    sidecar: sidecarOf(pod as Pod, probed, prefix),
    restartMs: Math.max(...probed.map((container) => restartMsOf(container, spec.terminationGracePeriodSeconds))),
    startedMs: Math.max(0, ...statuses.map(({ state }) => timeOf(state?.running?.startedAt))),
    terminations: statuses.flatMap(terminationsOf),
    readiness:
      hasReadiness && ready
        ? { isReady: ready.status === 'True', sinceMs: timeOf(ready.lastTransitionTime) }
        : undefined,
    hold: parseHold(annotations[`${prefix}${holdKey}`]),
  };
}

/** The one sidecar that answers for all of the containers. */
function sidecarOf(pod: Pod, probed: readonly V1Container[], prefix: string): ProbedPod['sidecar'] {
  const ip = pod.status?.podIP;
  const ports = new Set(probed.map(({ livenessProbe }) => Number(livenessProbe?.httpGet?.port)));
  const [port] = ports;
  const isOurs = ports.size === 1 && port !== undefined && sidecarPorts(pod, prefix).includes(port);
  return ip !== undefined && isOurs ? { ip, port } : undefined;
}

/** The failures in a row that it takes, one period more, and the time that a container has to stop. */
function restartMsOf({ livenessProbe }: V1Container, graceSeconds = 30): number {
  const { periodSeconds = 10, failureThreshold = 3, terminationGracePeriodSeconds } = livenessProbe ?? {};
  return ((failureThreshold + 1) * periodSeconds + (terminationGracePeriodSeconds ?? graceSeconds)) * 1_000 + slackMs;
}

/** 128 and the number of the signal: SIGKILL, SIGTERM. */
const killedExitCodes: ReadonlySet<number> = new Set([0, 137, 143]);

const terminationsOf = ({ state, lastState }: V1ContainerStatus): Termination[] =>
  [state, lastState].flatMap((each: V1ContainerState | undefined) => {
    const { finishedAt, exitCode = -1, reason } = each?.terminated ?? {};
    const finishedMs = timeOf(finishedAt);
    if (finishedMs === 0) return [];
    return [{ finishedMs, isLikeKilled: killedExitCodes.has(exitCode) && reason !== 'OOMKilled' }];
  });

/** Milliseconds; 0 where there is no such time. */
const timeOf = (time: Date | string | undefined): number => (time === undefined ? 0 : Date.parse(String(time)) || 0);

export type ProbedPodIndex = 'namespace' | 'uid' | 'marked';

/** `marked` has the Pods that carry a hold, or of which a container has ended. */
export const probedPodIndexes: IndexFunctions<ProbedPod, ProbedPodIndex> = {
  namespace: ({ namespace }) => namespace,
  uid: ({ uid }) => uid,
  marked: ({ hold, terminations }) => (hold !== undefined || terminations.length > 0 ? 'marked' : undefined),
};
