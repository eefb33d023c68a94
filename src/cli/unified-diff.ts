// https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html
import { FILE_HEADERS_ONLY, diffLines, formatPatch, type StructuredPatchHunk } from 'diff';

/** How many unchanged lines are shown around a change. */
const contextLines = 3;

/** One line of the comparison, with its line break: unchanged, removed or added. */
type MarkedLine = { readonly mark: ' ' | '-' | '+'; readonly line: string };

/** What `diff -u` prints for two versions of a file, line by line without line breaks; empty where they are equal. */
export function unifiedDiff(name: string, before: string, after: string): string[] {
  const hunks = hunksOf(compareParts(before, after, boundaries));
  if (hunks.length === 0) return [];
  const patch = { oldFileName: name, newFileName: name, oldHeader: undefined, newHeader: undefined, hunks };
  return formatPatch(patch, FILE_HEADERS_ONLY).split('\n').slice(0, -1);
}

/** Where a text is cut into parts that are compared alone: at its documents, then at the items of a list. */
const boundaries = [/^(?=---)/m, /^(?=(?: {2})?- )/m];

/**
 * Compares part by part. The time of a comparison grows with the square of the number of changed lines: as one text, a
 * file of 500 Deployments would take half a minute.
 */
function compareParts(before: string, after: string, [boundary, ...finer]: readonly RegExp[]): MarkedLine[] {
  if (!boundary || before === after) return compareLines(before, after);
  const [old, wanted] = [partsOf(before, boundary), partsOf(after, boundary)];
  if (old.length !== wanted.length) return compareParts(before, after, finer);
  return old.flatMap((part, index) => compareParts(part, wanted[index] ?? '', finer));
}

/** What stands before the first boundary, which may be empty, and the parts that begin with one. */
const partsOf = (text: string, boundary: RegExp): string[] =>
  text.search(boundary) === 0 ? ['', ...text.split(boundary)] : text.split(boundary);

/** Beyond so many changed lines in one part, which take a minute, all its lines are replaced. */
const maxChangedLines = 20_000;

function compareLines(before: string, after: string): MarkedLine[] {
  const changes = diffLines(before, after, { maxEditLength: maxChangedLines });
  if (!changes) return [...markLines(before, '-'), ...markLines(after, '+')];
  return changes.flatMap(({ value, added, removed }) => markLines(value, added ? '+' : removed ? '-' : ' '));
}

const markLines = (text: string, mark: MarkedLine['mark']): MarkedLine[] =>
  (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => ({ mark, line }));

/** Groups the changes: two share a hunk where the unchanged lines between them would be shown around both. */
function hunksOf(lines: readonly MarkedLine[]): StructuredPatchHunk[] {
  const changed = lines.flatMap(({ mark }, index) => (mark === ' ' ? [] : [index]));
  const hunks: StructuredPatchHunk[] = [];
  let [next, oldLine, newLine] = [0, 1, 1];
  const skipTo = (index: number): void => {
    for (; next < index; next++) {
      if (lines[next]?.mark !== '+') oldLine++;
      if (lines[next]?.mark !== '-') newLine++;
    }
  };
  for (let first = 0; first < changed.length;) {
    let last = first;
    while ((changed[last + 1] ?? Infinity) - (changed[last] ?? 0) - 1 <= 2 * contextLines) last++;
    const start = Math.max(next, (changed[first] ?? 0) - contextLines);
    const end = Math.min(lines.length, (changed[last] ?? 0) + 1 + contextLines);
    skipTo(start);
    const [oldStart, newStart] = [oldLine, newLine];
    skipTo(end);
    hunks.push({
      oldStart,
      newStart,
      oldLines: oldLine - oldStart,
      newLines: newLine - newStart,
      lines: lines.slice(start, end).flatMap(({ mark, line }) => withoutBreak(mark + line)),
    });
    first = last + 1;
  }
  return hunks;
}

const withoutBreak = (line: string): string[] =>
  line.endsWith('\n') ? [line.slice(0, -1)] : [line, '\\ No newline at end of file'];
