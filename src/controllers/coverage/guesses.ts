import { readGuesses } from '../../inject/model/guesses.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { askInRounds, nextInTurn } from '../rounds.ts';
import { askSidecars, minimumAgeMs } from './ask-sidecars.ts';
import type { PodSummary } from './pod-index.ts';

/** Which Pods have a guess that has not passed since the container started, as far as their sidecars have answered. */
export type Guesses = {
  readonly isUnproven: (uid: string) => boolean;
  readonly countUnproven: () => number;
  /** Asks the sidecars in rounds until the signal; never rejects. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** The last answer about a Pod; undefined where its sidecar has not answered yet. */
type Answer = { readonly isUnproven: boolean | undefined; readonly askedMs: number };

const pauseMs = 30_000;

/** Forty in a second at most. */
const places = 8;

/** So many take a minute where all answer at once, and six where none does. */
const mostPerRound = 2_400;

/**
 * Follows the guesses of the Pods that `list` gives. No field of a Pod tells whether one has passed, and an Event is gone
 * after an hour, so the sidecars are asked: each namespace in turn, and of its Pods first those that were asked least
 * recently. A sidecar that does not answer keeps its last answer.
 */
export function followGuesses({
  list,
  onChange,
  clock = systemClock,
}: {
  readonly list: () => Iterable<PodSummary>;
  readonly onChange: (pod: PodSummary) => void;
  readonly clock?: Clock;
}): Guesses {
  const answers = new Map<string, Answer>();

  const dueNow = (): readonly PodSummary[] => {
    const nowMs = clock.date().getTime();
    const guessing = [...list()].filter((pod) => pod.guessing);
    const uids = new Set(guessing.map(({ uid }) => uid));
    for (const uid of answers.keys()) if (!uids.has(uid)) answers.delete(uid);
    const due = guessing.filter(({ createdMs }) => nowMs - createdMs >= minimumAgeMs);
    return nextInTurn(due, ({ uid }) => answers.get(uid)?.askedMs, mostPerRound);
  };

  const ask = async (pod: PodSummary, signal: AbortSignal): Promise<void> => {
    const before = answers.get(pod.uid)?.isUnproven;
    const isUnproven = (await askPod(pod, clock, signal)) ?? before;
    answers.set(pod.uid, { isUnproven, askedMs: clock.now() });
    if (isUnproven !== before) onChange(pod);
  };

  return {
    isUnproven: (uid) => answers.get(uid)?.isUnproven === true,
    countUnproven: () => [...answers.values()].filter(({ isUnproven }) => isUnproven === true).length,
    run: (signal) => askInRounds({ dueNow, ask, places, pauseMs, clock }, signal),
  };
}

/** Undefined where no sidecar of the Pod says anything of a guess. */
async function askPod({ guessing }: PodSummary, clock: Clock, signal: AbortSignal): Promise<boolean | undefined> {
  try {
    const answers = guessing ? await askSidecars(guessing, { path: '/metrics' }, clock, signal) : [];
    const guesses = answers.flatMap(({ body }) => readGuesses(body));
    return guesses.length === 0 ? undefined : guesses.some(({ isProven }) => !isProven);
  } catch {
    return undefined;
  }
}
