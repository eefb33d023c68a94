import { isDeepStrictEqual } from 'node:util';
import type { V1NodeAffinity, V1NodeSelectorTerm, V1PodSpec } from '@kubernetes/client-node';

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
