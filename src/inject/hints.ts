import type { V1ObjectMeta } from '@kubernetes/client-node';
import { quote } from '../check/check.ts';
import { misspeltPrefix } from './intent/misspelt-prefix.ts';
import type { Namespace } from './model/scope.ts';
import { skipReasons } from './skip-reasons.ts';

/** An object that a user applies, and the template in it. */
type Applied = readonly ({ readonly metadata?: V1ObjectMeta } | undefined)[];

/** Says which annotations nearly have our prefix, and count for nothing. */
export const hintsFor = (objects: Applied, prefix: string): string[] => [
  ...new Set(objects.flatMap((object) => misspeltPrefix(object?.metadata?.annotations, prefix) ?? [])),
];

/** Says that a namespace has a value for `inject` that is none; undefined where it has one that is, or has none. */
export function unknownInject({ name, unknownValue }: Namespace, prefix: string): string | undefined {
  return unknownValue === undefined
    ? undefined
    : `${prefix}inject of Namespace ${quote(name)} is ${quote(unknownValue)} and counts for nothing, expected enabled or disabled.`;
}

/** Says that the annotations of an object count for nothing in its namespace; nothing of an object without any. */
export function disabledWarnings(objects: Applied, prefix: string): string[] {
  const isAnnotated = objects.some((object) =>
    Object.keys(object?.metadata?.annotations ?? {}).some((key) => key.startsWith(prefix)),
  );
  return isAnnotated ? [`${skipReasons['namespace-disabled']} No probes are added, whatever the annotations say.`] : [];
}
