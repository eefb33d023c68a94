// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#NodeSelectorTerm
import { isDeepStrictEqual } from 'node:util';
import type {
  V1NodeAffinity,
  V1NodeSelectorRequirement,
  V1NodeSelectorTerm,
  V1ObjectMeta,
  V1PodSpec,
} from '@kubernetes/client-node';
import type { Pod } from '../inject/pod/pod.ts';
import { type NodeQuarantine, ownerKeyOf, ownerText } from './quarantine.ts';

/** What no other preference of the Pod's outweighs. */
const strongest = 100;

/**
 * Adds to the node affinity of a Pod that it keeps off these nodes; the same Pod where it does so already. A node is
 * named by the field `metadata.name`, since its label `kubernetes.io/hostname` may be another name.
 */
export function keepOff(pod: Pod, nodes: readonly KeptOff[]): Pod {
  const { affinity } = pod.spec;
  const before = affinity?.nodeAffinity ?? {};
  const after = nodes.reduce(avoid, before);
  return after === before ? pod : { ...pod, spec: { ...pod.spec, affinity: { ...affinity, nodeAffinity: after } } };
}

/** How `status` names what was added for a node. */
export const affinityName = ({ node }: Pick<KeptOff, 'node'>): string => `nodeAffinity/${node}`;

/** The value of the label by which the controller finds a Pod that is kept off a node and has no hardware check. */
export const keptOffLabel = 'kept-off';

/** The label by which the controller finds a Pod that is kept off a node. */
export const exclusionLabel = (prefix: string): { readonly key: string; readonly value: string } => ({
  key: `${prefix}hardware`,
  value: keptOffLabel,
});

/** The node that a field of a term keeps off, where it has the form in which one is added. */
export const nodeOf = ({ key, operator, values }: V1NodeSelectorRequirement): string | undefined =>
  key === 'metadata.name' && operator === 'NotIn' && values?.length === 1 ? values[0] : undefined;

function avoid(before: V1NodeAffinity, { node, affinity }: KeptOff): V1NodeAffinity {
  const wanted = { key: 'metadata.name', operator: 'NotIn', values: [node] };
  const has = ({ matchFields }: V1NodeSelectorTerm): boolean =>
    matchFields?.some((field) => isDeepStrictEqual({ ...field }, wanted)) ?? false;
  if (affinity === 'Preferred') {
    const wishes = before.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (wishes.some(({ preference }) => has(preference))) return before;
    const added = [...wishes, { weight: strongest, preference: { matchFields: [wanted] } }];
    return { ...before, preferredDuringSchedulingIgnoredDuringExecution: added };
  }
  const required = before.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) {
    const nodeSelectorTerms = [{ matchFields: [wanted] }];
    return { ...before, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  }
  // One of the terms has to hold, so it goes into each; but an empty one holds for no node, and must not begin to.
  const narrow = (term: V1NodeSelectorTerm): V1NodeSelectorTerm =>
    has(term) || isEmpty(term) ? term : { ...term, matchFields: [...(term.matchFields ?? []), wanted] };
  const terms = required.nodeSelectorTerms ?? [];
  const nodeSelectorTerms = terms.map(narrow);
  if (nodeSelectorTerms.every((term, index) => term === terms[index])) return before;
  return { ...before, requiredDuringSchedulingIgnoredDuringExecution: { ...required, nodeSelectorTerms } };
}

const isEmpty = ({ matchExpressions, matchFields }: V1NodeSelectorTerm): boolean =>
  (matchExpressions ?? []).length + (matchFields ?? []).length === 0;

/** A node that the Pods of an owner are kept off, and how, and until when. */
export type KeptOff = { readonly node: string; readonly affinity: 'Required' | 'Preferred'; readonly untilMs: number };

/** The nodes by the text of the owner. */
export type KeptOffByOwner = ReadonlyMap<string, readonly KeptOff[]>;

/** Whom one quarantine keeps off; nobody where a taint keeps all Pods off. */
export function keptOffBy({ spec }: NodeQuarantine): readonly (readonly [owner: string, KeptOff])[] {
  const { nodeName: node, scope = 'Owner', owners } = spec;
  if (scope !== 'Owner') return [];
  return owners.map(({ owner, until, affinity = 'Required' }) => [
    ownerText(owner),
    { node, affinity, untilMs: Date.parse(until) },
  ]);
}

/** The nodes that a Pod of this namespace has to keep off now, each once and in order; a requirement is more than a wish. */
export function nodesToAvoid(
  byOwner: KeptOffByOwner,
  namespace: string,
  metadata: V1ObjectMeta | undefined,
  nowMs: number,
): readonly KeptOff[] {
  if (byOwner.size === 0) return [];
  const owner = ownerKeyOf(namespace, metadata);
  const inForce = (owner ? (byOwner.get(ownerText(owner)) ?? []) : []).filter(({ untilMs }) => untilMs > nowMs);
  const strictestLast = inForce.toSorted((one) => (one.affinity === 'Required' ? 1 : -1));
  const byNode = new Map(strictestLast.map((each) => [each.node, each]));
  return [...byNode.values()].toSorted((one, other) => (one.node < other.node ? -1 : 1));
}

/** Takes out of the node affinity of a Pod what kept it off these nodes; the same spec where nothing did. */
export function letBack(spec: V1PodSpec, nodes: readonly string[]): V1PodSpec {
  const before = spec.affinity?.nodeAffinity;
  if (!before || nodes.length === 0) return spec;
  const required = before.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = before.preferredDuringSchedulingIgnoredDuringExecution;
  const terms = (required?.nodeSelectorTerms ?? []).flatMap((term) => withoutNodes(term, nodes));
  const wishes = (preferred ?? []).flatMap(({ weight, preference }) =>
    withoutNodes(preference, nodes).map((kept) => ({ weight, preference: kept })),
  );
  const nodeAffinity: V1NodeAffinity = {
    ...(required && terms.length > 0
      ? { requiredDuringSchedulingIgnoredDuringExecution: { ...required, nodeSelectorTerms: terms } }
      : {}),
    ...(wishes.length > 0 ? { preferredDuringSchedulingIgnoredDuringExecution: wishes } : {}),
  };
  const { nodeAffinity: _, ...others } = spec.affinity ?? {};
  const affinity = Object.keys(nodeAffinity).length > 0 ? { ...others, nodeAffinity } : others;
  const { affinity: __, ...rest } = spec;
  return Object.keys(affinity).length > 0 ? { ...rest, affinity } : rest;
}

/** The term without the fields that name the nodes; none where nothing else was in it. */
function withoutNodes(term: V1NodeSelectorTerm, nodes: readonly string[]): V1NodeSelectorTerm[] {
  const { matchFields = [], ...rest } = term;
  const kept = matchFields.filter(
    (field) =>
      !nodes.some((node) =>
        isDeepStrictEqual({ ...field }, { key: 'metadata.name', operator: 'NotIn', values: [node] }),
      ),
  );
  if (kept.length === matchFields.length) return [term];
  if (kept.length > 0) return [{ ...rest, matchFields: kept }];
  return (rest.matchExpressions ?? []).length > 0 ? [rest] : [];
}
