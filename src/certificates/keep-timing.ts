/** The times of keeping; a value, so that a test need not wait. */
export type KeepTiming = {
  /** How often the wall clock is looked at: no timer is set to when something is due, since clocks jump. */
  readonly pollMs: number;
  /** How long a call may take. */
  readonly callMs: number;
  /** How long a CA must have been in the caBundle before a certificate of it takes the place of another. */
  readonly trustMs: number;
  /** How long a CA that nobody needs any more stays in the caBundle. */
  readonly graceMs: number;
  /** How long to wait after a failure: up to the first of these, and with every other up to twice as long. */
  readonly minMs: number;
  readonly maxMs: number;
};

/** The times of a real cluster. */
export const usualTiming: KeepTiming = {
  pollMs: 60_000,
  callMs: 10_000,
  trustMs: 5_000,
  graceMs: 60_000,
  minMs: 500,
  maxMs: 10_000,
};
