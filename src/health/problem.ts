/** A user's mistake: which annotation, what was received (a clause) and what was expected; never a secret. */
export type Problem = {
  readonly annotation: string;
  readonly received: string;
  readonly expected: string;
};

/** Says a problem in one full sentence. */
export const sentence = ({ annotation, received, expected }: Problem): string =>
  `${annotation}: ${received}, expected ${expected}.`;
