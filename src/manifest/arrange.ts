import { type YamlEntry, column, lineEnd, linePrefix, lineStart, previousLineEnd } from './entries.ts';

/** The text that takes the place of a part of another. */
export type Splice = { readonly start: number; readonly end: number; readonly text: string };

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
  entries: readonly YamlEntry[],
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

/** The end of the comment lines below the line that ends at `end`, as far as they are indented deeper than `depth`. */
function afterDeeperComments(text: string, end: number, depth: number): number {
  let last = end;
  for (;;) {
    const start = text.indexOf('\n', last) + 1;
    const indent = start === 0 ? undefined : /^ *(?=#)/.exec(text.slice(start, lineEnd(text, start)))?.[0].length;
    if (indent === undefined || indent <= depth) return last;
    last = lineEnd(text, start);
  }
}

/** The end of the nearest line above that of `offset` that holds more than a comment. */
function contentAbove(text: string, offset: number): number {
  let end = previousLineEnd(text, offset);
  while (end > 0 && /^\s*(#|$)/.test(text.slice(lineStart(text, end), end))) end = previousLineEnd(text, end);
  return end;
}

/** Puts lines below the line that ends at `at`. */
export const insertLines = (at: number, lines: readonly string[], depth: number, newline: string): Splice => ({
  start: at,
  end: at,
  text: lines.map((line) => `${newline}${' '.repeat(depth)}${line}`).join(''),
});

/** Takes out the lines from the first of an entry to its last. */
export const removeLines = (text: string, { start, end }: YamlEntry): Splice => ({
  start: previousLineEnd(text, start),
  end: lineEnd(text, end),
  text: '',
});

/** The same for a collection in braces or brackets, where `separator` goes between two entries. */
export function arrangeFlow(
  entries: readonly YamlEntry[],
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
