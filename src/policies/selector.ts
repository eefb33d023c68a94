// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
import type { V1LabelSelector } from '@kubernetes/client-node';

export type Labels = Readonly<Record<string, string>>;

/** Makes the test that a label selector stands for; an empty or missing one holds for everything. */
export function compileSelector(selector: V1LabelSelector | undefined): (labels: Labels) => boolean {
  const pairs = Object.entries(selector?.matchLabels ?? {});
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    const wanted = new Set(values);
    return (labels: Labels): boolean => {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      switch (operator) {
        case 'In':
          return value !== undefined && wanted.has(value);
        // As in the apiserver, an object without the label is not in the list either.
        case 'NotIn':
          return value === undefined || !wanted.has(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    };
  });
  return (labels) =>
    pairs.every(([key, value]) => labels[key] === value) && expressions.every((holds) => holds(labels));
}
