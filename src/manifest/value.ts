import { isDeepStrictEqual } from 'node:util';

/** A plain object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True for a map or list that holds something. */
export const isFilled = (value: unknown): value is Fields | readonly unknown[] =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** The value without the fields that are undefined, which no file can hold. */
export function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isFields(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUndefined(item)]));
}

/**
 * For every item of `after` the index of the item of `before` that it is: the same, or one of the same name. The
 * indexes rise, so that an item that has moved counts as removed and added.
 */
export function matchItems(before: readonly unknown[], after: readonly unknown[]): (number | undefined)[] {
  let from = 0;
  return after.map((item) => {
    const found = before.findIndex(
      (old, index) => index >= from && (isDeepStrictEqual(old, item) || isRenewed(old, item)),
    );
    if (found < 0) return undefined;
    from = found + 1;
    return found;
  });

  function isRenewed(old: unknown, item: unknown): boolean {
    if (!isFields(old) || !isFields(item) || typeof item['name'] !== 'string') return false;
    return old['name'] === item['name'] && !after.some((other) => isDeepStrictEqual(other, old));
  }
}
