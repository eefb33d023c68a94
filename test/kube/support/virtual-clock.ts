import type { Clock } from '../../../src/kube/clock.ts';

/** How one participant's clock differs: where it started, and how fast it runs. */
export type Skew = { readonly offsetMs: number; readonly rate: number };

type Sleeper = { readonly atMs: number; readonly wake: () => void };

/** Lets everything run that waits for no time. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Time that only passes when the test says so, the same for everybody, each with a clock that is wrong in its own way. */
export function virtualTime() {
  let nowMs = 0;
  let sleepers: Sleeper[] = [];

  // One listener for all that sleep until this signal: to add one, a signal looks through all that it has.
  const untilAborted = new WeakMap<AbortSignal, Set<Sleeper>>();
  const sleepersOf = (signal: AbortSignal): Set<Sleeper> => {
    const known = untilAborted.get(signal);
    if (known) return known;
    const own = new Set<Sleeper>();
    untilAborted.set(signal, own);
    signal.addEventListener('abort', () => {
      sleepers = sleepers.filter((each) => !own.has(each));
      for (const { wake } of own) wake();
    });
    return own;
  };

  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const ofSignal = sleepersOf(signal);
      const wake = (): void => {
        ofSignal.delete(sleeper);
        resolve();
      };
      const sleeper = { atMs: nowMs + ms, wake };
      sleepers.push(sleeper);
      ofSignal.add(sleeper);
    });

  return {
    now: () => nowMs,
    sleep,
    clock: ({ offsetMs, rate }: Skew = { offsetMs: 0, rate: 1 }): Clock => ({
      now: () => nowMs * rate + 1_000,
      date: () => new Date(1_700_000_000_000 + offsetMs + nowMs * rate),
      sleep: (ms, signal) => sleep(ms / rate, signal),
    }),
    /** Lets this much time pass. */
    async pass(ms: number): Promise<void> {
      const endMs = nowMs + ms;
      for (;;) {
        await settle();
        const next = sleepers.toSorted((a, b) => a.atMs - b.atMs)[0];
        if (!next || next.atMs > endMs) break;
        sleepers = sleepers.filter((other) => other !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
      }
      nowMs = endMs;
    },
  };
}

export type VirtualTime = ReturnType<typeof virtualTime>;
