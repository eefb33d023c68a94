import type { Key } from './annotations.ts';
import { type Problem, receivedValue } from './problem.ts';
import type { ReadingContext } from './reading-context.ts';
import type { Entry } from './written.ts';

/** Reads the comma list of one container: names of patterns and `auto`, or `none` alone. */
export function readPatterns(
  find: (key: Key) => Entry | undefined,
  context: ReadingContext,
  problems: Problem[],
): string[] {
  const entry = find('pattern');
  const known = [...context.patternNames, 'auto'];
  const expected = `a comma list of ${known.join(', ')}, or none alone`;
  if (!entry) {
    problems.push({ annotation: `${context.prefix}pattern`, received: 'received no pattern', expected });
    return [];
  }
  const names = splitPatterns(entry.value);
  const bad = names.find((name) => !known.includes(name) && !(name === 'none' && names.length === 1));
  if (bad !== undefined) {
    const received = receivedValue(entry.value.includes('@') ? entry.value : bad);
    problems.push({ annotation: entry.annotation, received, expected });
  } else if (new Set(names).size < names.length) {
    problems.push({
      annotation: entry.annotation,
      received: receivedValue(entry.value),
      expected: 'every pattern once',
    });
  }
  return names;
}

/** The names in the value of `pattern`, whatever they are. */
export const splitPatterns = (value: string): string[] => value.split(',').map((name) => name.trim());
