import type { KubernetesObject, V1LabelSelector } from '@kubernetes/client-node';

/** Those of the objects that one of the owners controls. */
export function ownedBy<T extends KubernetesObject>(owners: readonly KubernetesObject[], objects: readonly T[]): T[] {
  const uids = new Set(owners.map(({ metadata }) => metadata?.uid));
  return objects.filter(({ metadata }) =>
    metadata?.ownerReferences?.some(({ controller, uid }) => controller === true && uids.has(uid)),
  );
}

/** The object that was made last. */
export const newestOf = <T extends KubernetesObject>(objects: readonly T[]): T | undefined =>
  objects.toSorted((a, b) => madeAt(b) - madeAt(a))[0];

const madeAt = ({ metadata }: KubernetesObject): number => new Date(metadata?.creationTimestamp ?? 0).getTime();

/** Writes a selector as the query of a list takes it; empty for none, which selects all. */
export function selectorText(selector: V1LabelSelector | undefined): string {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      switch (operator) {
        case 'Exists':
          return key;
        case 'DoesNotExist':
          return `!${key}`;
        default:
          return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
      }
    }),
  ].join(',');
}
