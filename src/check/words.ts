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

/**
 * What of a command only a shell would act on, outside of quotes: a pipe, a list, a redirection, a substitution, a
 * variable, a glob; undefined where there is none, or where the program is a shell.
 */
export function shellSyntax(command: string): string | undefined {
  if (/^\s*(?:[\w./-]*\/)?(?:busybox\s+)?(?:sh|bash|ash|dash|ksh|zsh)(?:\s|$)/.test(command)) return undefined;
  let quoteMark = '';
  for (let at = 0; at < command.length; at++) {
    const character = command.charAt(at);
    if (quoteMark === "'") {
      if (character === "'") quoteMark = '';
    } else if (character === '\\') {
      at++;
    } else if (character === quoteMark) {
      quoteMark = '';
    } else if (quoteMark === '' && (character === "'" || character === '"')) {
      quoteMark = character;
    } else {
      const [found] = (quoteMark === '' ? shellWord : expansion).exec(command.slice(at, at + 64)) ?? [];
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const expansion = /^(?:`|\$(?:[({]|[A-Za-z_?@*#!$\d]\w*))/;
const shellWord = /^(?:\|\|?|&&?|;|\d?>>?|<|`|[*?]|\$(?:[({]|[A-Za-z_?@*#!$\d]\w*))/;
