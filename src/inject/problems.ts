import { quote } from '../check/check.ts';

/** A user's mistake: which annotation, what was received (a clause) and what was expected; never a secret. */
export type Problem = {
  readonly annotation: string;
  readonly received: string;
  readonly expected: string;
};

/** Says a problem in one full sentence, which fits into a header: a key that no apiserver would take is quoted. */
export const sentence = ({ annotation, received, expected }: Problem): string =>
  `${keyOf(annotation)}: ${received}, expected ${expected}.`;

/** Says a problem to others than its author, who may have written a secret where nobody expects one: nothing is quoted. */
export const discreetSentence = ({ annotation, expected }: Problem): string =>
  `${keyOf(annotation)}: expected ${expected}.`;

const keyOf = (annotation: string): string => (/^[\w./-]{1,316}$/.test(annotation) ? annotation : quote(annotation));

/** Quotes the value of an annotation; what stands before an `@` may be a login in the wrong place, and is not repeated. */
export const receivedValue = (value: string): string => `received ${quote(value.replace(/^[^]*@/, '…@'))}`;
