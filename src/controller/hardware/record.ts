import type { V1Pod } from '@kubernetes/client-node';
import { type OwnerKey, ownerKeyOf, ownerText } from '../../quarantines/quarantine.ts';
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
  /** The nodes that its required node affinity names to keep off. */
  readonly avoids: readonly string[];
};

/** What is kept of a Pod as the apiserver sends it; `before` is what was, which knows when a failure began. */
export function recordOf(pod: V1Pod, prefix: string, before: HardwarePod | undefined, nowMs: number): HardwarePod {
  const { namespace = '', name = '', uid = '', creationTimestamp, deletionTimestamp } = pod.metadata ?? {};
  const ownerKey = ownerKeyOf(namespace, pod.metadata);
  const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const watched = watchedOf(pod, prefix);
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
    owner: ownerOf(pod.metadata),
    ownerKey,
    ownerText: ownerKey ? ownerText(ownerKey) : '',
    refusal: refusalOf(pod, prefix),
    claims: claimsOf(pod),
    watched,
    seen,
    failing,
    unschedulableSinceMs: unschedulableSince(pod),
    avoids: avoidedBy(pod),
  };
}

/** The scheduler counts reasons over nodes; these are the ones that a node affinity and a taint give. */
const keptOff = /didn't match Pod's node affinity|had untolerated taint/;

function unschedulableSince({ status }: V1Pod): number | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const isOurs = scheduled?.reason === 'Unschedulable' && keptOff.test(scheduled.message ?? '');
  return isOurs ? Date.parse(String(scheduled?.lastTransitionTime)) : undefined;
}

/** What a node is named by, in an expression and in a field. */
const namesOfNodes = new Set(['kubernetes.io/hostname', 'metadata.name']);

const none: readonly string[] = [];

function avoidedBy({ spec }: V1Pod): readonly string[] {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const wishes = terms.flatMap(({ matchExpressions = [], matchFields = [] }) => matchExpressions.concat(matchFields));
  const names = wishes.flatMap(({ key, operator, values = [] }) =>
    operator === 'NotIn' && namesOfNodes.has(key) ? values : [],
  );
  return names.length === 0 ? none : [...new Set(names)];
}
