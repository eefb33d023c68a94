import type { V1Pod, V1PodCondition } from '@kubernetes/client-node';
import type { ConditionCheck } from '../../inject/patterns/hardware/conditions.ts';
import { carriesHardware, moveWindowOf } from '../../inject/patterns/hardware/index.ts';
import { isPendingVolume, moveKey, parseMoveTime } from '../../inject/model/move-window.ts';
import { readStatus } from '../../inject/model/status.ts';
import { type Gang, gangOf } from '../../gang/gang.ts';
import { type Owner, controllerOf } from '../../kube/owners.ts';
import { podLimits } from '../../inject/pod/limits.ts';
import { excludedNode, exclusionName, hasExclusionLabel } from '../../quarantine/node-exclusion.ts';
import { type OwnerKey, ownerText, quarantineKeyOf } from '../../quarantine/quarantine.ts';
import { ineligibleReasonOf, isPinnedByKueue } from './eligibility.ts';
import { type NodeShare, nodeShareOf } from './gang-size.ts';
import { type FailureSigns, type FailureState, failureSignsOf, trackFailure } from './failure.ts';
import { conditionsAskedBy } from './node-conditions.ts';
import type { IneligibleReason } from './reasons.ts';

/** A Pod with a hardware check as the cache holds it: some hundred bytes, whatever the size of the Pod. */
export type HardwarePod = FailureState & {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty until it is scheduled. */
  readonly node: string;
  readonly ip: string;
  readonly createdMs: number;
  readonly isReady: boolean;
  readonly isDeleting: boolean;
  /** True where it is being deleted because the apiserver accepted an eviction, whoever asked for it. */
  readonly isEvicted: boolean;
  /** False for one that is watched only because the webhook keeps it off a node. */
  readonly isChecked: boolean;
  /** Its controller; undefined for a bare Pod. */
  readonly owner: Owner | undefined;
  /** Its gang; undefined for a Pod that is in none. */
  readonly gang: Gang | undefined;
  /** What it takes of a node; undefined for a Pod whose gang cannot start anew as a whole. */
  readonly nodeShare: NodeShare | undefined;
  /** Its user wants it moved also where its gang does not start anew with it. */
  readonly isMovedAlone: boolean;
  /** How long its application has to save its work before it is moved; undefined where it is moved at once. */
  readonly moveWindowMs: number | undefined;
  /** Until when it may stay, as its application was told; undefined where it was told nothing. */
  readonly moveUntilMs: number | undefined;
  /** What it is counted and kept off nodes by: its gang, or else its owner. */
  readonly ownerKey: OwnerKey | undefined;
  /** The same as a text; empty for a bare Pod. */
  readonly ownerText: string;
  /** Why it is never moved, if so. */
  readonly ineligible: IneligibleReason | undefined;
  /** Only a taint on its node makes Kueue place it elsewhere. */
  readonly isPinnedByKueue: boolean;
  /** The claims whose volumes may bind it to its node. */
  readonly claims: readonly string[];
  readonly target: ProbeTarget;
  /** The conditions of its node that fail it. */
  readonly conditions: readonly ConditionCheck[];
  /** Since when the scheduler finds no node, with an affinity or a taint among the reasons; undefined where that is not so. */
  readonly unschedulableSinceMs: number | undefined;
  /** The nodes that the webhook keeps it off by its required node affinity, while it waits for one. */
  readonly excludedNodes: readonly string[];
};

/** An apiserver's time of creation has no fractions of a second. */
export const wholeSeconds = (ms: number): number => Math.floor(ms / 1_000) * 1_000;

/** What one version of a Pod says, before the cache has compared it with the version before. */
export type ObservedPod = Omit<HardwarePod, keyof FailureState> & { readonly signs: FailureSigns };

/** Takes from a Pod, as the apiserver sends it, what the controller needs. */
export function toObservedPod(pod: V1Pod, prefix: string): ObservedPod {
  const { namespace = '', name = '', uid = '', creationTimestamp, deletionTimestamp } = pod.metadata ?? {};
  const ownerKey = quarantineKeyOf(namespace, pod);
  const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const target = probeTargetOf(pod, prefix);
  const gang = gangOf(namespace, pod);
  return {
    uid,
    namespace,
    name,
    node: pod.spec?.nodeName ?? '',
    ip: pod.status?.podIP ?? '',
    createdMs: Date.parse(String(creationTimestamp)),
    isReady: pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    // A Pod that is over is as good as gone.
    isDeleting: deletionTimestamp !== undefined || isOver,
    isEvicted: pod.status?.conditions?.some(isOfEviction) ?? false,
    isChecked: target.containers.length > 0 || !hasExclusionLabel(pod.metadata, prefix),
    owner: controllerOf(pod.metadata),
    gang,
    nodeShare: gang?.onEviction === 'setting' ? nodeShareOf(pod) : undefined,
    isMovedAlone: pod.metadata?.labels?.[`${prefix}hardware`] === 'move-alone',
    moveWindowMs: moveWindowMsOf(pod, prefix),
    moveUntilMs: parseMoveTime(pod.metadata?.annotations?.[`${prefix}${moveKey}`]),
    ownerKey,
    ownerText: ownerKey ? ownerText(ownerKey) : '',
    ineligible: ineligibleReasonOf(pod, prefix),
    isPinnedByKueue: isPinnedByKueue(pod),
    claims: claimsOf(pod),
    target,
    conditions: conditionsAskedBy(pod, prefix),
    unschedulableSinceMs: unschedulableSince(pod),
    excludedNodes: excludedNodesOf(pod, prefix),
    signs: failureSignsOf(pod, target.containers),
  };
}

/** The status is read only in a Pod that has the volume of a window: most have none. */
function moveWindowMsOf(pod: V1Pod, prefix: string): number | undefined {
  const status = pod.spec?.volumes?.some(isPendingVolume) ? readStatus(pod, prefix) : undefined;
  return status && moveWindowOf(status);
}

/** https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions */
const isOfEviction = ({ type, status, reason }: V1PodCondition): boolean =>
  type === 'DisruptionTarget' && status === 'True' && reason === 'EvictionByEvictionAPI';

/** The Pod after one more version of it; `before` knows when a failure began, and is undefined for the first version. */
export function trackPod({ signs, ...pod }: ObservedPod, before: HardwarePod | undefined, nowMs: number): HardwarePod {
  const { startedAtWhenReady, failing } = trackFailure(signs, before, pod.createdMs, nowMs);
  return {
    ...pod,
    // A Pod that was evicted never comes back, however late the watch has the news.
    isDeleting: pod.isDeleting || (before?.isDeleting ?? false),
    startedAtWhenReady,
    failing: pod.isChecked ? failing : undefined,
  };
}

/**
 * The Pods of the cache, and those that are gone from it while they are worked on: a quarantine that is being written for
 * one of them counts until it stands.
 */
export const withDeparted = (
  pods: ReadonlyMap<string, HardwarePod>,
  inFlight: Iterable<{ readonly pod: HardwarePod }>,
): HardwarePod[] => [
  ...pods.values(),
  ...[...inFlight].flatMap(({ pod }) => (pods.has(pod.uid) ? [] : [{ ...pod, isDeleting: true }])),
];

/** Where the hardware check of a Pod is: in its sidecar, which can be asked, or as exec probe in its own containers. */
export type ProbeTarget = {
  readonly mode: 'sidecar' | 'cli';
  readonly containers: readonly string[];
  /** Of the sidecar; 0 where there is none. */
  readonly port: number;
};

/** The sidecar may have another name where the user has a container of this one. */
const sidecarName = /^health-probe-hardware(-\d+)?$/;

/** The containers whose readiness is the hardware's; none in a Pod that the webhook would not look at either. */
export function probeTargetOf(pod: V1Pod, prefix: string): ProbeTarget {
  const { spec } = pod;
  if ((spec?.containers.length ?? 0) > podLimits.containers) return { mode: 'cli', containers: [], port: 0 };
  const sidecar = spec?.initContainers?.find(({ name }) => sidecarName.test(name));
  if (sidecar) {
    return { mode: 'sidecar', containers: [sidecar.name], port: sidecar.ports?.[0]?.containerPort ?? 0 };
  }
  const status = readStatus(pod, prefix);
  const carriers = (spec?.containers ?? []).filter(
    ({ name, readinessProbe }) => readinessProbe?.exec && status && carriesHardware(status, name),
  );
  return { mode: 'cli', containers: carriers.map(({ name }) => name), port: 0 };
}

/** Most Pods share this one. */
const none: readonly string[] = [];

/** Each is looked up by two calls. No node attaches more volumes, and the kubelet passes over those that nothing mounts. */
export const mostClaims = 128;

/**
 * The names of the claims that outlive a Pod, and bind the next one to their volumes. That of an ephemeral volume ends
 * with its Pod, as an emptyDir does: the next one gets a volume wherever it runs. One more than `mostClaims` at most.
 */
export function claimsOf({ spec }: V1Pod): readonly string[] {
  const names = (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
  return names.length === 0 ? none : [...new Set(names)].slice(0, mostClaims + 1);
}

/** The scheduler counts reasons over nodes; these are the ones that a node affinity and a taint give. */
const excludedMessage = /didn't match Pod's node affinity|had untolerated taint/;

function unschedulableSince({ status }: V1Pod): number | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const isOurs = scheduled?.reason === 'Unschedulable' && excludedMessage.test(scheduled.message ?? '');
  return isOurs ? Date.parse(String(scheduled?.lastTransitionTime)) : undefined;
}

/** An owner is seldom kept off more, and to make its Pod anew one of them is enough. */
const mostExcludedNodes = 256;

/** Only what the webhook added: a Pod that its user keeps off a node would come back the same. */
function excludedNodesOf(pod: V1Pod, prefix: string): readonly string[] {
  const { spec } = pod;
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (spec?.nodeName || terms.length === 0) return none;
  const added = new Set(readStatus(pod, prefix)?.added);
  const nodes = new Set(
    terms.flatMap(({ matchFields = [] }) => matchFields.flatMap((field) => excludedNode(field) ?? [])),
  );
  return [...nodes].filter((node) => added.has(exclusionName(node))).slice(0, mostExcludedNodes);
}
