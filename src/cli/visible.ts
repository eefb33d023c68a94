// https://www.unicode.org/reports/tr36/#visual_spoofing
/**
 * What can steer a terminal or mislead the eye: control characters, with which an escape sequence and a new line begin,
 * marks that reorder what follows, what is invisible, and halves of characters.
 */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The same but for tabs and the line breaks of a text. */
const unsafeInText = new RegExp(`(?![\\t\\n]|\\r\\n)${unsafe.source}`, 'gu');

/** One line of what may hold a text of others, in which such characters are spelled out as JSON spells them. */
export const visible = (text: string): string => text.replaceAll(unsafe, escaped);

/** The same for a text of many lines. */
export const visibleText = (text: string): string => text.replaceAll(unsafeInText, escaped);

const shortForms: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escaped = (character: string): string =>
  shortForms[character] ??
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** The beginning of a text that is too long. */
export const bounded = (text: string, maxLength: number): string =>
  text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
