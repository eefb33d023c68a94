import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { readStatus } from './model/status.ts';
import { takeOut } from './take-out.ts';

/** A Pod or Pod template without what was added, and one sentence for each thing that was named but left. */
export type Uninjected<T> = { readonly template: T; readonly left: readonly string[] };

/**
 * Takes out of a Pod or Pod template what its `status` annotation says was added, and the annotations that were
 * written on it; undefined where it has none.
 */
export function uninject<T extends V1PodTemplateSpec>(template: T, prefix: string): Uninjected<T> | undefined {
  const annotations = template.metadata?.annotations;
  const [statusKey, problemsKey] = [`${prefix}status`, `${prefix}problems`];
  if (annotations?.[statusKey] === undefined && annotations?.[problemsKey] === undefined) return undefined;
  const status = readStatus(template, prefix);
  const { template: without, left } = takeOut(template, prefix, status);
  const unread = annotations[statusKey] === undefined || status ? [] : [`${statusKey} cannot be read: it was left.`];
  const named = left.map(
    (name) => `${name} is named in ${statusKey}, but not what is added by that name: it was left.`,
  );
  return { template: without, left: [...unread, ...named] };
}
