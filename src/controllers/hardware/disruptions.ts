// https://kubernetes.io/docs/reference/labels-annotations-taints/
import type { V1Node } from '@kubernetes/client-node';

/** A sign that somebody else takes Pods off a node: a taint or a label by its key, or a condition that is True. */
type Sign = { readonly kind: 'taint' | 'label' | 'condition'; readonly key: string; readonly whose: string };

/** Whoever takes a node away says so by one of these. */
const disruptionSigns: readonly Sign[] = [
  { kind: 'taint', key: 'karpenter.sh/disrupted', whose: 'Karpenter' },
  { kind: 'taint', key: 'karpenter.sh/disruption', whose: 'Karpenter before 1.0' },
  { kind: 'taint', key: 'ToBeDeletedByClusterAutoscaler', whose: 'Cluster Autoscaler' },
  { kind: 'taint', key: 'node.kubernetes.io/out-of-service', whose: 'an administrator, or Self Node Remediation' },
  { kind: 'taint', key: 'medik8s.io/remediation', whose: 'Node Health Check of medik8s' },
  { kind: 'taint', key: 'medik8s.io/drain', whose: 'Node Maintenance Operator of medik8s' },
  { kind: 'taint', key: 'cloud.google.com/impending-node-termination', whose: 'GKE' },
  { kind: 'taint', key: 'aws-node-termination-handler/spot-itn', whose: 'AWS Node Termination Handler' },
  { kind: 'taint', key: 'aws-node-termination-handler/scheduled-maintenance', whose: 'AWS Node Termination Handler' },
  {
    kind: 'taint',
    key: 'aws-node-termination-handler/asg-lifecycle-termination',
    whose: 'AWS Node Termination Handler',
  },
  {
    kind: 'taint',
    key: 'aws-node-termination-handler/rebalance-recommendation',
    whose: 'AWS Node Termination Handler',
  },
  { kind: 'label', key: 'dgxc.nvidia.com/nvsentinel-state', whose: 'NVSentinel' },
  { kind: 'condition', key: 'DrainInProgress', whose: 'the node lifecycle of Kubernetes (KEP-5683)' },
  { kind: 'condition', key: 'MaintenanceInProgress', whose: 'the node lifecycle of Kubernetes (KEP-5683)' },
];

/** By which sign others take Pods off a node, as a clause; undefined where nobody does. */
export function disruptionOf({ metadata, spec, status }: V1Node): string | undefined {
  const has = {
    // The soft effect only says that the node may be next.
    taint: new Set((spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule').map(({ key }) => key)),
    label: new Set(Object.keys(metadata?.labels ?? {})),
    condition: new Set((status?.conditions ?? []).filter((each) => each.status === 'True').map(({ type }) => type)),
  };
  const sign = disruptionSigns.find(({ kind, key }) => has[kind].has(key));
  if (sign) return `it has the ${sign.kind} ${sign.key} of ${sign.whose}`;
  if (metadata?.deletionTimestamp) return 'it is being deleted';
  return spec?.unschedulable ? 'it is cordoned' : undefined;
}

/** How long others are given: a drain that stands still for longer leaves the Pod on hardware that fails. */
export const disruptionLimitMs = 10 * 60_000;

/** A node that others take Pods off: by which sign, and since when the controller sees it. */
export type Disruption = { readonly sign: string; readonly sinceMs: number };

/** The disruption of a node after one more version of it; others that take turns are one disruption. */
export const trackDisruption = (
  sign: string | undefined,
  before: Disruption | undefined,
  nowMs: number,
): Disruption | undefined => (sign === undefined ? undefined : { sign, sinceMs: before?.sinceMs ?? nowMs });
