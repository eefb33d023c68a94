import { quote } from '../../check/check.ts';
import { type UnknownName, expectedName } from '../../wording/expected-name.ts';
import type { AnnotationValue } from './intent.ts';

/** A user's mistake: which annotation, what was received (a clause) and what was expected; never a secret. */
export type Problem = {
  readonly annotation: string;
  readonly received: string;
  readonly expected: string;
  /** The name that is in no list: `spelledOut` makes `expected` of it. */
  readonly unknown?: UnknownName;
};

/** The problem with the names that were expected written out, which takes more time than to find it. */
export const spelledOut = ({ annotation, received, expected, unknown }: Problem): Problem => ({
  annotation,
  received,
  expected: unknown ? expectedName(unknown) : expected,
});

/** What was left as the user has it, and why. */
export type SkippedItem = { readonly what: string; readonly why: string };

/** Why a Pod of a Job gets no liveness probe that nobody wrote. */
export const completes = 'a Pod that runs to completion gets a liveness probe only from the key liveness';

/** Why a probe is left alone that the user wrote. */
export const existsAlready = 'the container has this probe already';

/** Collects what the steps of reading and assigning find besides their results. */
export type Collector = {
  readonly problems: readonly Problem[];
  readonly skippedItems: readonly SkippedItem[];
  readonly warnings: readonly string[];
  readonly addProblem: (...problems: readonly Problem[]) => void;
  readonly addSkipped: (item: SkippedItem) => void;
  readonly addWarning: (sentence: string) => void;
  /** Takes over all that another report has. */
  readonly addAll: (other: Pick<Collector, 'problems' | 'skippedItems' | 'warnings'>) => void;
};

/** An empty report. */
export function createCollector(): Collector {
  const problems: Problem[] = [];
  const skippedItems: SkippedItem[] = [];
  const warnings: string[] = [];
  return {
    problems,
    skippedItems,
    warnings,
    addProblem: (...more) => void problems.push(...more),
    addSkipped: (item) => void skippedItems.push(item),
    addWarning: (warning) => void warnings.push(warning),
    addAll(other) {
      problems.push(...other.problems);
      skippedItems.push(...other.skippedItems);
      warnings.push(...other.warnings);
    },
  };
}

/** The value of an annotation as `parse` reads it; undefined where none is written, and with a problem where it is wrong. */
export function readValue<T>(
  entry: AnnotationValue | undefined,
  parse: (value: string) => T | undefined,
  expected: string,
  collector: Collector,
): T | undefined {
  const value = entry && parse(entry.value);
  if (entry && value === undefined) {
    collector.addProblem({ annotation: entry.annotation, received: receivedValue(entry.value), expected });
  }
  return value;
}

/** The value of an annotation as one of a few names; undefined where none is written, and with a problem where it is none of them. */
export function readName<T extends string>(
  entry: AnnotationValue | undefined,
  names: readonly T[],
  collector: Collector,
): T | undefined {
  const expected = entry && expectedName({ name: entry.value, list: { names } });
  return readValue(entry, (value) => names.find((name) => name === value), expected ?? '', collector);
}

/** Says a problem in one full sentence, which fits into a header: a key that no apiserver would take is quoted. */
export function sentence(problem: Problem): string {
  const { annotation, received, expected } = spelledOut(problem);
  return `${shownKey(annotation)}: ${received}, expected ${expected}.`;
}

/** Says a problem to other readers than its author. It quotes nothing, since a secret may stand in the wrong place. */
export function discreetSentence(problem: Problem): string {
  const { annotation, expected } = spelledOut(problem);
  return `${shownKey(annotation)}: expected ${expected}.`;
}

/** A key as a sentence shows it. */
export const shownKey = (annotation: string): string =>
  /^[\w./-]{1,316}$/.test(annotation) ? annotation : quote(annotation);

/** Quotes the value of an annotation; what stands before an `@` may be a login in the wrong place, and is not repeated. */
export const receivedValue = (value: string): string => `received ${quote(value.replace(/^[^]*@/, '…@'))}`;
