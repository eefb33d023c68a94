// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#NodeSelectorTerm
import type {
  V1NodeAffinity,
  V1NodeSelectorRequirement,
  V1NodeSelectorTerm,
  V1ObjectMeta,
  V1PodSpec,
} from '@kubernetes/client-node';
import type { GangPod } from '../gang/kinds.ts';
import { type NodeQuarantine, gangKeyOf, ownerKeyOf, ownerText } from './quarantine.ts';

/** A node that the Pods of an owner are kept off, and how, and until when. */
export type NodeExclusion = {
  readonly node: string;
  readonly affinity: 'Required' | 'Preferred';
  readonly untilMs: number;
};

/** The nodes by the text of the owner. */
export type ExclusionsByOwner = ReadonlyMap<string, readonly NodeExclusion[]>;

/** The exclusions of one quarantine by owner; none where a taint keeps all Pods off. */
export function exclusionsIn({ spec }: NodeQuarantine): readonly (readonly [owner: string, NodeExclusion])[] {
  const { nodeName: node, scope = 'Owner', owners } = spec;
  if (scope !== 'Owner') return [];
  return owners.flatMap(({ owner, until, affinity = 'Required' }) =>
    affinity === 'None' ? [] : [[ownerText(owner), { node, affinity, untilMs: Date.parse(until) }] as const],
  );
}

/**
 * The exclusions in force for a Pod of this namespace, each node once and in order; a requirement is more than a preference.
 * An entry for the nearest owner counts for a Pod of a gang too: a person, or a version before gangs, has written it.
 */
export function exclusionsOfPod(
  byOwner: ExclusionsByOwner,
  namespace: string,
  pod: GangPod,
  nowMs: number,
): readonly NodeExclusion[] {
  if (byOwner.size === 0) return [];
  const keys = [gangKeyOf(namespace, pod), ownerKeyOf(namespace, pod.metadata)];
  const inForce = keys
    .flatMap((key) => (key && byOwner.get(ownerText(key))) ?? [])
    .filter(({ untilMs }) => untilMs > nowMs);
  const strictestLast = inForce.toSorted((one) => (one.affinity === 'Required' ? 1 : -1));
  const byNode = new Map(strictestLast.map((each) => [each.node, each]));
  return [...byNode.values()].toSorted((one, other) => (one.node < other.node ? -1 : 1));
}

/** How `status` names what was added for a node. */
export const exclusionName = (node: string): string => `nodeAffinity/${node}`;

/** The nodes of such names; other names are passed over. */
export const nodesNamedIn = (names: Iterable<string>): string[] =>
  [...names].flatMap((name) => /^nodeAffinity\/(.+)$/.exec(name)?.[1] ?? []);

/** The label by which the controller finds a Pod that is kept off a node and has no check of its own. */
export const exclusionLabel = (prefix: string): { readonly key: string; readonly value: string } => ({
  key: `${prefix}hardware`,
  value: 'excluded',
});

/** True for an object that has this label. */
export function hasExclusionLabel(metadata: Pick<V1ObjectMeta, 'labels'> | undefined, prefix: string): boolean {
  const { key, value } = exclusionLabel(prefix);
  return metadata?.labels?.[key] === value;
}

/**
 * The one encoding of an exclusion, which is a field of a term. A node is named by the field `metadata.name`, since its
 * label `kubernetes.io/hostname` may be another name.
 */
const requirementFor = (node: string): V1NodeSelectorRequirement => ({
  key: 'metadata.name',
  operator: 'NotIn',
  values: [node],
});

/** The node that a field of a term excludes; undefined for a field of another form. */
export const excludedNode = ({ key, operator, values }: V1NodeSelectorRequirement): string | undefined =>
  key === 'metadata.name' && operator === 'NotIn' && values?.length === 1 ? values[0] : undefined;

const excludes = ({ matchFields }: V1NodeSelectorTerm, node: string): boolean =>
  matchFields?.some((field) => excludedNode(field) === node) ?? false;

/** The weight of a preference that no other outweighs. */
const strongest = 100;

/** The spec with these exclusions in its node affinity; the same spec where it has them. */
export function addNodeExclusions(spec: V1PodSpec, exclusions: readonly NodeExclusion[]): V1PodSpec {
  const { affinity } = spec;
  const before = affinity?.nodeAffinity ?? {};
  const after = exclusions.reduce(addExclusion, before);
  return after === before ? spec : { ...spec, affinity: { ...affinity, nodeAffinity: after } };
}

function addExclusion(before: V1NodeAffinity, { node, affinity }: NodeExclusion): V1NodeAffinity {
  if (affinity === 'Preferred') {
    const preferences = before.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferences.some(({ preference }) => excludes(preference, node))) return before;
    const added = [...preferences, { weight: strongest, preference: { matchFields: [requirementFor(node)] } }];
    return { ...before, preferredDuringSchedulingIgnoredDuringExecution: added };
  }
  const required = before.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) {
    const nodeSelectorTerms = [{ matchFields: [requirementFor(node)] }];
    return { ...before, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  }
  // One of the terms has to hold, so it goes into each; but an empty one holds for no node, and must not begin to.
  const narrow = (term: V1NodeSelectorTerm): V1NodeSelectorTerm =>
    excludes(term, node) || isEmpty(term)
      ? term
      : { ...term, matchFields: [...(term.matchFields ?? []), requirementFor(node)] };
  const terms = required.nodeSelectorTerms ?? [];
  const nodeSelectorTerms = terms.map(narrow);
  if (nodeSelectorTerms.every((term, index) => term === terms[index])) return before;
  return { ...before, requiredDuringSchedulingIgnoredDuringExecution: { ...required, nodeSelectorTerms } };
}

const isEmpty = ({ matchExpressions, matchFields }: V1NodeSelectorTerm): boolean =>
  (matchExpressions ?? []).length + (matchFields ?? []).length === 0;

/** The spec without what excludes these nodes; the same spec where nothing does. */
export function removeNodeExclusions(spec: V1PodSpec, nodes: readonly string[]): V1PodSpec {
  const before = spec.affinity?.nodeAffinity;
  if (!before || nodes.length === 0) return spec;
  const named = new Set(nodes);
  const required = before.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = before.preferredDuringSchedulingIgnoredDuringExecution;
  const terms = (required?.nodeSelectorTerms ?? []).flatMap((term) => withoutNodes(term, named));
  const preferences = (preferred ?? []).flatMap(({ weight, preference }) =>
    withoutNodes(preference, named).map((rest) => ({ weight, preference: rest })),
  );
  const nodeAffinity: V1NodeAffinity = {
    ...(required && terms.length > 0
      ? { requiredDuringSchedulingIgnoredDuringExecution: { ...required, nodeSelectorTerms: terms } }
      : {}),
    ...(preferences.length > 0 ? { preferredDuringSchedulingIgnoredDuringExecution: preferences } : {}),
  };
  const { nodeAffinity: _, ...others } = spec.affinity ?? {};
  const affinity = Object.keys(nodeAffinity).length > 0 ? { ...others, nodeAffinity } : others;
  const { affinity: __, ...rest } = spec;
  return Object.keys(affinity).length > 0 ? { ...rest, affinity } : rest;
}

/** The term without the fields that name the nodes; none where nothing else was in it. */
function withoutNodes(term: V1NodeSelectorTerm, nodes: ReadonlySet<string>): V1NodeSelectorTerm[] {
  const { matchFields = [], ...rest } = term;
  const remaining = matchFields.filter((field) => !nodes.has(excludedNode(field) ?? ''));
  if (remaining.length === matchFields.length) return [term];
  if (remaining.length > 0) return [{ ...rest, matchFields: remaining }];
  return (rest.matchExpressions ?? []).length > 0 ? [rest] : [];
}
