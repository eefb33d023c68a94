import type { V1Pod } from '@kubernetes/client-node';
import { readStatus } from '../../inject/status.ts';
import { excludedNode, exclusionName, hasExclusionLabel } from '../../quarantine/node-exclusion.ts';
import { type OwnerKey, ownerKeyOf, ownerText } from '../../quarantine/quarantine.ts';
import { type Owner, ownerOf } from '../census.ts';
import { type Failing, type Seen, failureOf } from './failure.ts';
import { type RefuseReason, refusalOf } from './refusal.ts';
import { claimsOf } from './volumes.ts';
import { type Watched, watchedOf } from './watched.ts';

/** What is kept of a Pod with a hardware check: some hundred bytes, whatever the Pod's size. */
export type HardwarePod = {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty until it is scheduled. */
  readonly node: string;
  readonly ip: string;
  readonly createdMs: number;
  readonly isReady: boolean;
  readonly isDeleting: boolean;
  /** False for one that is followed only because the webhook keeps it off a node. */
  readonly isChecked: boolean;
  /** Its controller; undefined for a bare Pod. */
  readonly owner: Owner | undefined;
  readonly ownerKey: OwnerKey | undefined;
  /** The same as a text; empty for a bare Pod. */
  readonly ownerText: string;
  /** Why it is never moved, if so. */
  readonly refusal: RefuseReason | undefined;
  /** The claims whose volumes may bind it to its node. */
  readonly claims: readonly string[];
  readonly watched: Watched;
  readonly seen: Seen;
  readonly failing: Failing | undefined;
  /** Since when the scheduler finds no node, with an affinity or a taint among the reasons; undefined where that is not so. */
  readonly unschedulableSinceMs: number | undefined;
  /** The nodes that the webhook keeps it off by its required node affinity, while it waits for one. */
  readonly avoids: readonly string[];
};

/** What is kept of a Pod as the apiserver sends it; `before` is what was, which knows when a failure began. */
export function recordOf(pod: V1Pod, prefix: string, before: HardwarePod | undefined, nowMs: number): HardwarePod {
  const { namespace = '', name = '', uid = '', creationTimestamp, deletionTimestamp } = pod.metadata ?? {};
  const ownerKey = ownerKeyOf(namespace, pod.metadata);
  const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const watched = watchedOf(pod, prefix);
  const isChecked = watched.containers.length > 0 || !hasExclusionLabel(pod.metadata, prefix);
  const { seen, failing } = failureOf(pod, watched, before, nowMs);
  return {
    uid,
    namespace,
    name,
    node: pod.spec?.nodeName ?? '',
    ip: pod.status?.podIP ?? '',
    createdMs: Date.parse(String(creationTimestamp)),
    isReady: pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    // A Pod that is over is as good as gone; one that was evicted never comes back, however late the news of it is.
    isDeleting: deletionTimestamp !== undefined || isOver || (before?.isDeleting ?? false),
    isChecked,
    owner: ownerOf(pod.metadata),
    ownerKey,
    ownerText: ownerKey ? ownerText(ownerKey) : '',
    refusal: refusalOf(pod, prefix),
    claims: claimsOf(pod),
    watched,
    seen,
    failing: isChecked ? failing : undefined,
    unschedulableSinceMs: unschedulableSince(pod),
    avoids: avoidedBy(pod, prefix),
  };
}

/** The scheduler counts reasons over nodes; these are the ones that a node affinity and a taint give. */
const keptOff = /didn't match Pod's node affinity|had untolerated taint/;

function unschedulableSince({ status }: V1Pod): number | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const isOurs = scheduled?.reason === 'Unschedulable' && keptOff.test(scheduled.message ?? '');
  return isOurs ? Date.parse(String(scheduled?.lastTransitionTime)) : undefined;
}

const none: readonly string[] = [];

/** Only what the webhook added may be taken back: a Pod that keeps off by the user's own words would come back the same. */
function avoidedBy(pod: V1Pod, prefix: string): readonly string[] {
  const { spec } = pod;
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (spec?.nodeName || terms.length === 0) return none;
  const added = new Set(readStatus(pod, prefix)?.added);
  const nodes = new Set(
    terms.flatMap(({ matchFields = [] }) => matchFields.flatMap((field) => excludedNode(field) ?? [])),
  );
  return [...nodes].filter((node) => added.has(exclusionName(node)));
}
