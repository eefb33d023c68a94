import { isDeepStrictEqual } from 'node:util';
import { isFields } from './fields.ts';

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

/** True for two maps or two lists of which an entry stays, beside which others can come and go. */
export const keepsSome = (before: unknown, wanted: unknown): boolean =>
  Array.isArray(before) && Array.isArray(wanted)
    ? matchItems(before, wanted).some((match) => match !== undefined)
    : isFields(before) && isFields(wanted) && Object.keys(before).some((key) => Object.hasOwn(wanted, key));
