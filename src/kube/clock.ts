import { setTimeout } from 'node:timers/promises';

/** Time as the rest sees it; a value, so that a test can run minutes of it in milliseconds. */
export type Clock = {
  /** Milliseconds that never go backwards, from a start of their own. */
  readonly now: () => number;
  /** The time of day, only for what is written for people to read. */
  readonly date: () => Date;
  /** Resolves after `ms`, or at once when `signal` is aborted; never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => {}),
};
