import { type Check, isRefusal, quote } from '../check/check.ts';
import { parseCheck } from '../check/parse.ts';
import type { Checks } from './intent.ts';
import type { Problem } from './problem.ts';
import type { Entry } from './written.ts';

/** Reads the checks of one annotation: split at white space, but `exec:` takes the rest of its line. */
export function readChecks({ annotation, value }: Entry, problems: Problem[]): Checks | undefined {
  const texts = value.split(/[\r\n]+/).flatMap(splitLine);
  if (texts.length === 0) {
    problems.push({ annotation, received: 'received no check', expected: 'a URL such as http://:8080/healthz' });
    return undefined;
  }
  const list: Check[] = [];
  const labels = new Set<string>();
  for (const text of texts) {
    const check = parseCheck(text);
    if (isRefusal(check)) problems.push({ annotation, ...check });
    else if (labels.has(label(check))) {
      problems.push({ annotation, received: `received ${quote(label(check))} twice`, expected: 'every check once' });
    } else {
      labels.add(label(check));
      list.push(check);
    }
  }
  return list.length === texts.length ? { annotation, list } : undefined;
}

function splitLine(line: string): string[] {
  const words: string[] = [];
  for (const { 0: word, index } of line.matchAll(/\S+/g)) {
    if (/^(?:[^:=]*=)?exec:/.test(word)) return [...words, line.slice(index).trim()];
    words.push(word);
  }
  return words;
}

/** How two checks of one probe are told apart: by name, else by the text. */
const label = (check: Check): string => check.name || check.text;
