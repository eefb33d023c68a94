/** What turns the direction of a line, all that a terminal acts on, and spaces of all kinds. */
const unprintable = /[\p{C}\p{Z}]+/gu;

/** The first so many characters of a stranger's words as one line that is safe to look at. */
export const printableLine = (words: string, mostCharacters: number): string =>
  words.slice(0, mostCharacters).replace(unprintable, ' ').trim();

/** The same in quotation marks, which nothing in it can end (docs/decisions/0030). */
export const quotedLine = (words: string, mostCharacters: number): string =>
  `"${printableLine(words, mostCharacters).replaceAll('"', "'")}"`;
