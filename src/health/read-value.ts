import { type Problem, receivedValue } from './problem.ts';
import type { Entry } from './written.ts';

/** The value of an annotation as `parse` reads it; undefined where none is written, and with a problem where it is wrong. */
export function readValue<T>(
  entry: Entry | undefined,
  parse: (value: string) => T | undefined,
  expected: string,
  problems: Problem[],
): T | undefined {
  const value = entry && parse(entry.value);
  if (entry && value === undefined) {
    problems.push({ annotation: entry.annotation, received: receivedValue(entry.value), expected });
  }
  return value;
}
