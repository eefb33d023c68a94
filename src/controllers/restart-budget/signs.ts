import type { ProbedPod } from './pod.ts';

/** What is known of the liveness of a Pod that failed lately. */
export type LivenessSigns = {
  /** The first and the last failure of a row, by the clock of the kubelet. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** When the last of them was heard of, by the clock of the controller, as all below. */
  readonly heardMs: number;
  /** What its sidecar said last. */
  readonly answer?: { readonly passes: boolean; readonly atMs: number };
  /** When its hold ended: the kubelet begins to count then. */
  readonly releasedMs?: number;
  /** It has recovered: the next failure begins a new row. */
  readonly isOver?: true;
};

/** The signs after one more Event of the kubelet. A container that has started since begins a new row. */
export function afterHint(
  signs: LivenessSigns | undefined,
  { startedMs }: ProbedPod,
  { atMs, heardMs }: { readonly atMs: number; readonly heardMs: number },
): LivenessSigns {
  if (signs && atMs <= signs.lastMs) return signs;
  const isNewRow = !signs || signs.lastMs <= startedMs || signs.answer?.passes === true || signs.isOver;
  const answer = signs?.answer;
  const kept = answer && answer.atMs >= heardMs ? { answer } : {};
  return { firstMs: isNewRow ? atMs : signs.firstMs, lastMs: atMs, heardMs, ...kept };
}

/** The signs after an answer of the sidecar, which says what is true in a hold too. */
export function afterAnswer(
  signs: LivenessSigns | undefined,
  { startedMs }: ProbedPod,
  answer: { readonly passes: boolean; readonly atMs: number },
): LivenessSigns | undefined {
  const { passes, atMs } = answer;
  if (!signs) return passes ? undefined : { firstMs: atMs, lastMs: atMs, heardMs: atMs, answer };
  if (passes) return { ...signs, answer };
  const isNewRow = signs.answer?.passes === true || signs.lastMs <= startedMs || signs.isOver;
  return isNewRow ? { firstMs: atMs, lastMs: atMs, heardMs: atMs, answer } : { ...signs, answer };
}

/** The signs of a Pod that is held and of which nothing else is heard: it is not ready. */
export function afterUnreadiness(
  signs: LivenessSigns | undefined,
  { readiness, startedMs }: ProbedPod,
  nowMs: number,
): LivenessSigns | undefined {
  if (readiness?.isReady !== false || (signs && !signs.isOver && signs.lastMs > startedMs)) return signs;
  const sinceMs = Math.max(readiness.sinceMs, startedMs + 1);
  return { firstMs: sinceMs, lastMs: sinceMs, heardMs: nowMs };
}

/**
 * Since when the liveness of a Pod fails; undefined where it does not. The newest of what was heard counts. In a hold no
 * Event comes, and without a sidecar that answers the readiness of the same check tells; without one either, what failed
 * is taken to fail until it is let go, which shows.
 */
export function failingSince(
  pod: ProbedPod,
  signs: LivenessSigns | undefined,
  { nowMs, isHeld }: { readonly nowMs: number; readonly isHeld: boolean },
): number | undefined {
  if (!signs || signs.isOver || signs.lastMs <= pod.startedMs) return undefined;
  const { firstMs, heardMs, answer, releasedMs = 0 } = signs;
  if (answer && answer.atMs >= heardMs && nowMs - answer.atMs <= answerMs) return answer.passes ? undefined : firstMs;
  if (isHeld) return isReadyAgain(pod, signs, nowMs) ? undefined : firstMs;
  return nowMs - Math.max(heardMs, releasedMs) <= pod.restartMs ? firstMs : undefined;
}

/**
 * Whether readiness says that a Pod has recovered. It has a threshold too: a Pod that begins to fail is Ready for some
 * periods more, so it has to have become Ready since, or to have stayed it for longer than that.
 */
const isReadyAgain = (
  { readiness, restartMs }: ProbedPod,
  { lastMs, heardMs }: LivenessSigns,
  nowMs: number,
): boolean => readiness?.isReady === true && (readiness.sinceMs > lastMs || nowMs - heardMs > restartMs);

/** How long an answer counts: a sidecar that does not answer any more may be one that is cut off. */
const answerMs = 120_000;

/**
 * Whether liveness restarted a container of a Pod within the window. The kubelet does not say why it ended one: it ended as
 * by a signal or in good order, or its liveness failed shortly before.
 */
export const isRestartedWithin = (
  { terminations, restartMs }: ProbedPod,
  signs: LivenessSigns | undefined,
  { nowMs, windowMs }: { readonly nowMs: number; readonly windowMs: number },
): boolean =>
  terminations.some(({ finishedMs, isLikeKilled }) => {
    const afterMs = finishedMs - (signs?.lastMs ?? 0);
    return nowMs - finishedMs < windowMs && (isLikeKilled || (afterMs >= -1_000 && afterMs <= restartMs));
  });

/** Whether nothing follows from the signs any more. */
export const areOld = (pod: ProbedPod, { heardMs, answer, releasedMs = 0 }: LivenessSigns, nowMs: number): boolean =>
  nowMs - Math.max(heardMs, answer?.passes === false ? answer.atMs : 0, releasedMs) > Math.max(pod.restartMs, answerMs);
