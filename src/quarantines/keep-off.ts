// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#NodeSelectorTerm
import { isDeepStrictEqual } from 'node:util';
import type { V1NodeAffinity, V1NodeSelectorRequirement, V1NodeSelectorTerm } from '@kubernetes/client-node';
import type { Pod } from '../pod/pod.ts';
import type { KeptOff } from './kept-off.ts';

/** What no other preference of the Pod's outweighs. */
const weight = 100;

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
    const added = [...wishes, { weight, preference: { matchFields: [wanted] } }];
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
