import { type Refusal, quote, refuse } from './check.ts';

/**
 * Splits a command into words by white space, single quotes, double quotes and backslashes, as a shell would but
 * expanding nothing: the words go to execve as they are.
 */
export function splitWords(command: string): readonly string[] | Refusal {
  const words: string[] = [];
  let word: string | undefined;
  let quoteMark = '';
  let isEscapeOpen = false;
  for (let at = 0; at < command.length; at++) {
    const character = command[at] as string;
    const next = command[at + 1];
    isEscapeOpen = character === '\\' && next === undefined && quoteMark === '';
    if (quoteMark === "'") {
      if (character === "'") quoteMark = '';
      else word += character;
    } else if (character === '\\' && next !== undefined && (quoteMark === '' || next === '"' || next === '\\')) {
      word = (word ?? '') + next;
      at++;
    } else if (quoteMark === '"') {
      if (character === '"') quoteMark = '';
      else word += character;
    } else if (character === "'" || character === '"') {
      quoteMark = character;
      word ??= '';
    } else if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quoteMark !== '' || isEscapeOpen) return refuse(`command is ${quote(command)}`, 'every quote closed');
  if (word !== undefined) words.push(word);
  if (!words[0]) return refuse(`command is ${quote(command)}`, 'a program and its arguments');
  return words;
}
