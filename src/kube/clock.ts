import { setTimeout } from 'node:timers/promises';

/** Time as a value, so that a test can run minutes of it in milliseconds. */
export type Clock = {
  /** Milliseconds that never go backwards, from an arbitrary start. */
  readonly now: () => number;
  /** The time of day, which may jump: only for what is written into objects or read by people. */
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

/**
 * Does `work` with a signal that is aborted with `signal` or after `ms`. It rejects in that moment, even where the work
 * ignores its signal. It leaves no listener on `signal`, which outlives thousands of calls; that is why this is not
 * `AbortSignal.any([signal, AbortSignal.timeout(ms)])`, which leaks on Node 24 (https://github.com/nodejs/node/issues/54614).
 */
export async function withDeadline<T>(
  ms: number,
  signal: AbortSignal,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const inner = new AbortController();
  const done = new AbortController();
  signal.addEventListener('abort', () => inner.abort(signal.reason), { signal: done.signal });
  const aborted = new Promise<never>((_resolve, reject) => {
    inner.signal.addEventListener('abort', () => reject(inner.signal.reason), { signal: done.signal });
  });
  const expire = async (): Promise<void> => {
    await clock.sleep(ms, done.signal);
    if (!done.signal.aborted) inner.abort(new Error(`nothing more was heard within ${Math.round(ms)} ms`));
  };
  void expire();
  try {
    return await Promise.race([work(inner.signal), aborted]);
  } finally {
    done.abort();
  }
}

/** A time as a field of type MicroTime takes it. */
export const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');
