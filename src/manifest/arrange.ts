import type { Entry } from './entries.ts';
import { afterDeeperComments, column, contentAbove, lineEnd, linePrefix, previousLineEnd } from './lines.ts';
import type { Splice } from './splice.ts';

/** What happens to the entries of one collection, by their index; an entry that goes in stands before that index. */
export type Arrangement = {
  readonly removed: ReadonlySet<number>;
  readonly inserted: ReadonlyMap<number, readonly string[]>;
  /** The splices within an entry that stays. */
  readonly within: (index: number) => readonly Splice[];
};

/**
 * The splices that take entries out of a collection in block style and put others in, in the order of the text.
 * An entry comes with the line break before it and goes with it, so that taking it out again leaves no trace.
 */
export function arrangeBlock(
  text: string,
  entries: readonly Entry[],
  newline: string,
  { removed, inserted, within }: Arrangement,
): Splice[] {
  const depth = column(text, entries[0]?.start ?? 0);
  const insertAt = (index: number): Splice[] => {
    const lines = inserted.get(index);
    if (!lines) return [];
    const before = entries[index - 1];
    const at = before
      ? afterDeeperComments(text, lineEnd(text, before.end), depth)
      : contentAbove(text, entries[0]?.start ?? 0);
    return [insertLines(at, lines, depth, newline)];
  };
  const splices: Splice[] = [];
  // The first field of an item stands on the line of its dash, which has to stay.
  const sharesLine = linePrefix(text, entries[0]?.start ?? 0).trim() !== '';
  const kept = entries.findIndex((_, index) => !removed.has(index));
  for (const [index, entry] of entries.entries()) {
    splices.push(...insertAt(index));
    if (!removed.has(index)) splices.push(...within(index));
    else if (!sharesLine || index > kept) splices.push(removeLines(text, entry));
    else if (index === 0) splices.push({ start: entry.start, end: entries[kept]?.start ?? entry.end, text: '' });
  }
  return [...splices, ...insertAt(entries.length)];
}

/** Puts lines below the line that ends at `at`. */
export const insertLines = (at: number, lines: readonly string[], depth: number, newline: string): Splice => ({
  start: at,
  end: at,
  text: lines.map((line) => `${newline}${' '.repeat(depth)}${line}`).join(''),
});

/** Takes out the lines from the first of an entry to its last. */
export const removeLines = (text: string, { start, end }: Entry): Splice => ({
  start: previousLineEnd(text, start),
  end: lineEnd(text, end),
  text: '',
});

/** The same for a collection in braces or brackets, where `separator` goes between two entries. */
export function arrangeFlow(
  entries: readonly Entry[],
  separator: string,
  { removed, inserted, within }: Arrangement,
): Splice[] {
  const splices: Splice[] = [];
  const kept = entries.findIndex((_, index) => !removed.has(index));
  for (let index = 0; index <= entries.length; index++) {
    const [before, entry] = [entries[index - 1], entries[index]];
    const texts = inserted.get(index) ?? [];
    if (texts.length > 0 && before) {
      splices.push({ start: before.end, end: before.end, text: texts.map((text) => separator + text).join('') });
    } else if (texts.length > 0 && entry) {
      splices.push({ start: entry.start, end: entry.start, text: texts.map((text) => text + separator).join('') });
    }
    if (!entry) break;
    if (!removed.has(index)) splices.push(...within(index));
    else if (index > kept) splices.push({ start: before?.end ?? entry.start, end: entry.end, text: '' });
    else splices.push({ start: entry.start, end: entries[index + 1]?.start ?? entry.end, text: '' });
  }
  return splices;
}
