/** A line of a comparison: unchanged, removed or added, the head of a hunk, or unchanged lines that are not shown. */
export type DiffLine = { readonly mark: ' ' | '-' | '+' | '@'; readonly text: string };

/** The lines of what `diff` prints, without the names of the files. */
export const changedLines = (diff: readonly string[]): DiffLine[] =>
  diff
    .slice(2)
    .filter((line) => !line.startsWith('\\'))
    .map((line) => ({ mark: line.charAt(0) as DiffLine['mark'], text: line.startsWith('@') ? line : line.slice(1) }));

/** The whole text with what `diff` prints in it: the hunks, and between them the unchanged lines. */
export function wholeLines(before: string, diff: readonly string[]): DiffLine[] {
  const old = before.replace(/\n$/, '').split('\n');
  const lines: DiffLine[] = [];
  let next = 0;
  const copyTo = (end: number): void => {
    for (; next < end; next++) lines.push({ mark: ' ', text: old[next] ?? '' });
  };
  for (const line of changedLines(diff)) {
    if (line.mark === '@') {
      const [, start = '1', count = '1'] = /^@@ -(\d+)(?:,(\d+))?/.exec(line.text) ?? [];
      // A hunk that only adds names the line before it.
      copyTo(Number(start) - (count === '0' ? 0 : 1));
    } else {
      lines.push(line);
      if (line.mark !== '+') next++;
    }
  }
  copyTo(old.length);
  return lines;
}
