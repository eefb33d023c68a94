// https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html
import { type Change, lineChanges } from './line-changes.ts';

/** How many lines that stay are shown around a change. */
const contextLines = 3;

/** What diff -u would print for the two texts, a line each without its line break; empty where they are the same. */
export function unifiedDiff(name: string, newName: string, before: string, after: string): string[] {
  if (before === after) return [];
  const [old, wanted] = [linesOf(before), linesOf(after)];
  const hunks: Change[][] = [];
  for (const change of changesByDocument(old, wanted)) {
    const hunk = hunks.at(-1);
    const last = hunk?.at(-1);
    if (hunk && last && change.start - last.end <= 2 * contextLines) hunk.push(change);
    else hunks.push([change]);
  }
  return [`--- ${name}`, `+++ ${newName}`, ...hunks.flatMap((hunk) => hunkLines(hunk, old, wanted))];
}

/** The lines with their line breaks, so that two that differ only in it differ. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** Compares document by document: the time is the square of the changed lines, and a text may hold hundreds of documents. */
function changesByDocument(old: readonly string[], wanted: readonly string[]): Change[] {
  const [starts, newStarts] = [documentStarts(old), documentStarts(wanted)];
  if (starts.length !== newStarts.length) return lineChanges(old, wanted);
  return starts.flatMap((start, index) => {
    const newStart = newStarts[index] ?? 0;
    const [document, newDocument] = [old.slice(start, starts[index + 1]), wanted.slice(newStart, newStarts[index + 1])];
    return lineChanges(document, newDocument).map((change) => ({
      start: change.start + start,
      end: change.end + start,
      newStart: change.newStart + newStart,
      newEnd: change.newEnd + newStart,
    }));
  });
}

const documentStarts = (lines: readonly string[]): number[] => [
  0,
  ...lines.flatMap((line, index) => (index > 0 && line.startsWith('---') ? [index] : [])),
];

function hunkLines(changes: readonly Change[], old: readonly string[], wanted: readonly string[]): string[] {
  const [first, last] = [changes[0], changes.at(-1)] as [Change, Change];
  const start = Math.max(0, first.start - contextLines);
  const end = Math.min(old.length, last.end + contextLines);
  const [newStart, newEnd] = [first.newStart - (first.start - start), last.newEnd + (end - last.end)];
  const lines: string[] = [];
  let at = start;
  for (const change of changes) {
    lines.push(...old.slice(at, change.start).flatMap(marked(' ')));
    lines.push(...old.slice(change.start, change.end).flatMap(marked('-')));
    lines.push(...wanted.slice(change.newStart, change.newEnd).flatMap(marked('+')));
    at = change.end;
  }
  lines.push(...old.slice(at, end).flatMap(marked(' ')));
  return [`@@ -${range(start, end)} +${range(newStart, newEnd)} @@`, ...lines];
}

const marked =
  (mark: string) =>
  (line: string): string[] =>
    line.endsWith('\n') ? [mark + line.slice(0, -1)] : [mark + line, '\\ No newline at end of file'];

/** The first line and how many; one line is told by its number alone, and none by the line before. */
function range(start: number, end: number): string {
  const count = end - start;
  if (count === 1) return `${start + 1}`;
  return `${count === 0 ? start : start + 1},${count}`;
}
