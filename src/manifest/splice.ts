/** The text that takes the place of a part of another. */
export type Splice = { readonly start: number; readonly end: number; readonly text: string };

/** Applies splices that do not overlap; those at one offset keep the order in which they come. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end, text: part } of splices.toSorted((one, other) => one.start - other.start)) {
    if (start < done) throw new Error(`two edits overlap at offset ${start}`);
    parts.push(text.slice(done, start), part);
    done = end;
  }
  return parts.join('') + text.slice(done);
}
