import type { Clock } from './clock.ts';

/**
 * Does `work` with a signal that is aborted with `signal` or after `ms`; rejects in that moment, even where the work
 * does not heed it. Nothing of it is left on `signal`, which outlives thousands of calls.
 */
export async function within<T>(
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
