// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#NodeSelectorTerm
import { isDeepStrictEqual } from 'node:util';
import type { V1NodeAffinity, V1NodeSelectorTerm } from '@kubernetes/client-node';
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
export const affinityName = ({ node }: KeptOff): string => `nodeAffinity/${node}`;

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
  // One of the terms has to hold, so it goes into each; but an empty one holds for no node, and must not begin to.
  const terms = (required ? (required.nodeSelectorTerms ?? []) : [{ matchFields: [] }]).map((term) =>
    has(term) || (required && isEmpty(term)) ? term : { ...term, matchFields: [...(term.matchFields ?? []), wanted] },
  );
  const isSame = terms.every((term, index) => term === required?.nodeSelectorTerms[index]);
  if (isSame) return before;
  return { ...before, requiredDuringSchedulingIgnoredDuringExecution: { ...required, nodeSelectorTerms: terms } };
}

const isEmpty = ({ matchExpressions, matchFields }: V1NodeSelectorTerm): boolean =>
  (matchExpressions ?? []).length + (matchFields ?? []).length === 0;
