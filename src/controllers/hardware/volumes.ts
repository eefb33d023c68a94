// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#node-affinity
import type { V1NodeSelectorTerm, V1PersistentVolume, V1Pod } from '@kubernetes/client-node';

/** Where the volumes behind the claims of a Pod can be used, as far as that is known. */
export type Volumes =
  | { readonly kind: 'anywhere' }
  /** On the Pod's node alone; the detail names claim and volume. */
  | { readonly kind: 'here'; readonly detail: string }
  /** Asked for, and not answered; `untilMs`: when it is asked for again. */
  | { readonly kind: 'unknown'; readonly detail: string; readonly tries: number; readonly untilMs: number };

const none: readonly string[] = [];

/**
 * The names of the claims that outlive a Pod, and bind the next one to their volumes. That of an ephemeral volume ends
 * with its Pod, as an emptyDir does: the next one gets a volume wherever it runs.
 */
export function claimsOf({ spec }: V1Pod): readonly string[] {
  const names = (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
  return names.length === 0 ? none : names;
}

/** What a node is named by, in an expression and in a field. */
const namesOfNodes = new Set(['kubernetes.io/hostname', 'metadata.name']);

/** Whether a volume that a Pod on this node uses is of no use on any other: by its affinity, which also says where a path is shared. */
export function isOnlyOn({ metadata, spec }: V1PersistentVolume, node: string): boolean {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  // A path of the node then, which on another node is other data.
  if (terms.length === 0) return Boolean(spec?.hostPath ?? spec?.local ?? metadata?.labels?.['kubernetes.io/hostname']);
  const nodes = new Set(terms.map((term) => onlyNodeOf(term, node)));
  return nodes.size === 1 && !nodes.has(undefined);
}

/** The one node that a term admits; drivers have keys of their own for it, whose value is the node's name. */
function onlyNodeOf({ matchExpressions = [], matchFields = [] }: V1NodeSelectorTerm, node: string): string | undefined {
  const only = [...matchExpressions, ...matchFields].find(
    ({ key, operator, values = [] }) =>
      operator === 'In' && values.length === 1 && (namesOfNodes.has(key) || values[0] === node),
  );
  return only?.values?.[0];
}
