import { type Clock, withDeadline } from '../../kube/clock.ts';
import { type SidecarAnswer, askSidecar } from '../sidecar.ts';
import type { PodSummary, Sidecars } from './pod-index.ts';

/** A Pod that starts is not ready either, and its guesses say no more for their first minute than that it starts. */
export const minimumAgeMs = 75_000;

const spacingMs = 200;
const timeoutMs = 1_000;

/** Who is asked in a round, what is asked, and how fast. */
type Rounds = {
  readonly dueNow: () => readonly PodSummary[];
  readonly ask: (pod: PodSummary, signal: AbortSignal) => Promise<void>;
  /** How many are asked at a time: each place asks five in a second at most. */
  readonly places: number;
  readonly pauseMs: number;
  readonly clock: Clock;
};

/** Asks about Pods in rounds until the signal, with a pause after each. */
export async function askInRounds({ dueNow, ask, places, pauseMs, clock }: Rounds, signal: AbortSignal): Promise<void> {
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

/** What the sidecars of a Pod are asked. */
type Question = { readonly path: string; readonly maxAnswerBytes?: number };

/** Asks all sidecars of a Pod for the same; rejects where one does not answer in time. */
export const askSidecars = (
  { ip, ports }: Sidecars,
  question: Question,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly SidecarAnswer[]> =>
  withDeadline(timeoutMs, signal, clock, (inner) =>
    Promise.all(ports.map((port) => askSidecar({ ip, port, ...question }, inner))),
  );
