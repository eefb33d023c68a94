import type { Clock } from '../kube/clock.ts';
import { inTurns } from './shares.ts';

const spacingMs = 200;

/** Who is asked in a round, what is asked, and how fast. */
type Rounds<Pod> = {
  readonly dueNow: () => readonly Pod[];
  readonly ask: (pod: Pod, signal: AbortSignal) => Promise<void>;
  /** How many are asked at a time: each place asks five in a second at most. */
  readonly places: number;
  readonly pauseMs: number;
  readonly clock: Clock;
};

/** Asks about Pods in rounds until the signal, with a pause after each. */
export async function askInRounds<Pod>(
  { dueNow, ask, places, pauseMs, clock }: Rounds<Pod>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const due = dueNow().values();
    const work = async (): Promise<void> => {
      for (const pod of due) {
        if (signal.aborted) return;
        await Promise.all([ask(pod, signal), clock.sleep(spacingMs, signal)]);
      }
    };
    await Promise.all(Array.from({ length: places }, work));
    await clock.sleep(pauseMs, signal);
  }
}

/**
 * Of the Pods that are due the next ones, so many at most: each namespace in turn, and of its Pods first those that were asked
 * least recently. `askedMs` is undefined for a Pod that was never asked.
 */
export function nextInTurn<Pod extends { readonly namespace: string }>(
  due: readonly Pod[],
  askedMs: (pod: Pod) => number | undefined,
  most: number,
): readonly Pod[] {
  const lastMs = (pod: Pod): number => askedMs(pod) ?? -1;
  const inOrder = due.toSorted((one, other) => lastMs(one) - lastMs(other));
  return inTurns(inOrder, ({ namespace }) => namespace).slice(0, most);
}
