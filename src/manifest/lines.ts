/** The offset at which the line of `offset` starts. */
export const lineStart = (text: string, offset: number): number =>
  offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;

/** The offset at which the line of `offset` ends, in front of its line break. */
export function lineEnd(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  if (found < 0) return text.length;
  return found > offset && text[found - 1] === '\r' ? found - 1 : found;
}

/** The end of the line before that of `offset`; 0 on the first line. */
export function previousLineEnd(text: string, offset: number): number {
  const start = lineStart(text, offset);
  return start === 0 ? 0 : lineEnd(text, lineStart(text, start - 1));
}

/** How far `offset` is from the start of its line. */
export const column = (text: string, offset: number): number => offset - lineStart(text, offset);

/** What stands before `offset` on its line. */
export const linePrefix = (text: string, offset: number): string => text.slice(lineStart(text, offset), offset);

/** The end of the comment lines below the line that ends at `end`, as far as they are indented deeper than `depth`. */
export function afterDeeperComments(text: string, end: number, depth: number): number {
  let last = end;
  for (;;) {
    const start = text.indexOf('\n', last) + 1;
    const indent = start === 0 ? undefined : /^ *(?=#)/.exec(text.slice(start, lineEnd(text, start)))?.[0].length;
    if (indent === undefined || indent <= depth) return last;
    last = lineEnd(text, start);
  }
}

/** The end of the nearest line above that of `offset` that holds more than a comment. */
export function contentAbove(text: string, offset: number): number {
  let end = previousLineEnd(text, offset);
  while (end > 0 && /^\s*(#|$)/.test(text.slice(lineStart(text, end), end))) end = previousLineEnd(text, end);
  return end;
}

const byteOrderMark = '\ufeff';

/** The text without the mark at its start that some editors leave, which would count as a column. */
export const withoutMark = (text: string): string => (text.startsWith(byteOrderMark) ? text.slice(1) : text);

/** What was made of a text without its mark, with the mark that the text had. */
export const withMark = <T extends { readonly text: string }>(text: string, made: T): T =>
  text.startsWith(byteOrderMark) ? { ...made, text: byteOrderMark + made.text } : made;
