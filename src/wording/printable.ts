/** What turns the direction of a line, all that a terminal acts on, and spaces of all kinds. */
const unprintable = /[\p{C}\p{Z}]+/gu;

/** The first so many characters of a stranger's words as one line that is safe to look at. */
export const printableLine = (words: string, mostCharacters: number): string =>
  words.slice(0, mostCharacters).replace(unprintable, ' ').trim();

/** The same in quotation marks, which nothing in it can end (docs/decisions/0030), with an ellipsis where it is cut. */
export function quotedLine(words: string, mostCharacters: number): string {
  // Spaces in a row become one: more is read than is shown.
  const characters = Array.from(printableLine(words, 4 * mostCharacters).replaceAll('"', "'"));
  const isCut = characters.length > mostCharacters;
  return `"${characters.slice(0, mostCharacters).join('')}${isCut ? '…' : ''}"`;
}
