import { readFileSync } from 'node:fs';
import { chartDirectory } from './render.ts';

/** One value of the chart and its default. */
export type Leaf = { readonly path: readonly string[]; readonly value: unknown };

/** Every value that the chart's schema has. */
export function leaves(): Leaf[] {
  const { global: _, ...properties } = JSON.parse(
    readFileSync(`${chartDirectory}/values.schema.json`, 'utf8'),
  ).properties;
  return below(properties, []);
}

const below = (properties: Record<string, any>, before: readonly string[]): Leaf[] =>
  Object.entries(properties).flatMap(([name, entry]) => {
    const path = [...before, name];
    return entry.properties ? below(entry.properties, path) : [{ path, value: entry.default }];
  });

/** What values have at a path. */
export const valueAt = (values: any, path: readonly string[]): unknown =>
  path.reduce((value, name) => value?.[name], values);

/** Values without the one at a path. */
export function without(values: object, path: readonly string[]): object {
  const copy = structuredClone(values);
  delete (valueAt(copy, path.slice(0, -1)) as Record<string, unknown>)[path.at(-1) ?? ''];
  return copy;
}
