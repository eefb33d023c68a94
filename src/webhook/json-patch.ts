// https://www.rfc-editor.org/rfc/rfc6902
import { isDeepStrictEqual } from 'node:util';

/** One operation of a JSON Patch. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * The JSON Patch that turns `before` into `after`. Items of lists are matched by name, so that a container that is inserted
 * is one `add` at its place, and one that is taken out one `remove`; parts that are the same object on both sides are not
 * looked at. A list of plain values is replaced as a whole.
 */
export function createJsonPatch(before: object, after: object): PatchOperation[] {
  const operations: PatchOperation[] = [];
  compare(before, after, '', operations);
  return operations;
}

type Fields = Readonly<Record<string, unknown>>;

function compare(before: unknown, after: unknown, path: string, operations: PatchOperation[]): void {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) compareLists(before, after, path, operations);
  else if (isFields(before) && isFields(after)) compareFields(before, after, path, operations);
  else operations.push({ op: 'replace', path, value: after });
}

function compareFields(before: Fields, after: Fields, path: string, operations: PatchOperation[]): void {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) operations.push({ op: 'remove', path: `${path}/${escape(key)}` });
  }
  for (const key of Object.keys(after)) {
    const value = after[key];
    const isOld = Object.hasOwn(before, key);
    // Most fields are: no path is made for them.
    if (isOld && before[key] === value) continue;
    const place = `${path}/${escape(key)}`;
    if (isOld) compare(before[key], value, place, operations);
    else operations.push({ op: 'add', path: place, value });
  }
}

function compareLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  operations: PatchOperation[],
): void {
  if (!before.every(isFields) || !after.every(isFields)) {
    if (!isDeepStrictEqual(before, after)) operations.push({ op: 'replace', path, value: after });
    return;
  }
  /** How often each name is still to come. */
  let coming: Map<unknown, number> | undefined;
  let old = 0;
  for (const [index, item] of after.entries()) {
    while (old < before.length && !isSameItem(before[old], item)) {
      coming ??= countNames(after.slice(index));
      if ((coming.get(nameOf(before[old])) ?? 0) > 0) break;
      operations.push({ op: 'remove', path: `${path}/${index}` });
      old++;
    }
    if (old < before.length && isSameItem(before[old], item)) {
      if (before[old] !== item) compare(before[old], item, `${path}/${index}`, operations);
      old++;
    } else operations.push({ op: 'add', path: `${path}/${index}`, value: item });
    coming?.set(nameOf(item), (coming.get(nameOf(item)) ?? 0) - 1);
  }
  for (; old < before.length; old++) operations.push({ op: 'remove', path: `${path}/${after.length}` });
}

function countNames(items: readonly unknown[]): Map<unknown, number> {
  const counts = new Map<unknown, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return counts;
}

const isSameItem = (before: unknown, after: unknown): boolean => before === after || nameOf(before) === nameOf(after);

/** What tells an item of a list from the others; undefined where nothing does. A volume may be mounted at several paths. */
const nameOf = (item: unknown): unknown => (isFields(item) ? (item['mountPath'] ?? item['name']) : undefined);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const escape = (key: string): string =>
  key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
