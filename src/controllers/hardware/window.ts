/**
 * The time that an application has to save its work before its Pod is moved. All of it stands in the cluster: the move in
 * the NodeQuarantine, and its end in an annotation of the Pod, so a new leader goes on with it.
 */
import type { RemediationBudget } from './budget.ts';
import type { MoveDecision, WithdrawDecision } from './decision.ts';
import type { Facts } from './facts.ts';
import type { HardwarePod } from './pod.ts';
import { type Reason, sentenceOf } from './reasons.ts';

/** What an application says of its move; `untilMs`: the end that it was told, where it is ready. */
export type ReadyFact = { readonly atMs: number; readonly untilMs: number | undefined };

export type WindowInput = {
  readonly pods: readonly HardwarePod[];
  readonly inFlight: Pick<ReadonlySet<string>, 'has'>;
  /** What the applications say that have a window now, by the uid of the Pod. */
  readonly ready: Facts<ReadyFact>;
};

/** Where the window of a Pod stands: its application is not told yet, saves its work, is ready, or has had its time. */
type WindowState = 'untold' | 'open' | 'ready' | 'over';

export type MoveWindows = {
  readonly stateOf: (pod: HardwarePod) => WindowState;
  /** The other Pods of a gang that are told with this one. */
  readonly membersOf: (pod: HardwarePod) => readonly HardwarePod[];
  /** True where another Pod of its gang is to be moved once its window is over. */
  readonly isLed: (pod: HardwarePod) => boolean;
  /** A Pod that was told, and for which no move stands any more. */
  readonly withdrawal: (pod: HardwarePod) => WithdrawDecision | undefined;
};

/** An end that is farther away than the window was counted by another clock, or written by somebody else. */
const slackMs = 1_000;

const isTold = ({ moveUntilMs }: HardwarePod): boolean => moveUntilMs !== undefined;

/** Reads the Pods once, and then answers in constant time, but for the members of a gang. */
export function createMoveWindows(
  { pods, inFlight, ready }: WindowInput,
  budget: Pick<RemediationBudget, 'hasMove' | 'isGangRestarting'>,
  nowMs: number,
): MoveWindows {
  const told = new Map<string, HardwarePod[]>();
  /** The gangs of which a living Pod is moved: those whose window stands, and those that were told that they stay. */
  const led = new Set<string>();
  const stopped = new Set<string>();
  for (const pod of pods) {
    if (!pod.gang || pod.isDeleting) continue;
    const isMoved = budget.hasMove(pod);
    if (inFlight.has(pod.uid) || (isMoved && isTold(pod))) led.add(pod.ownerText);
    else if (isMoved) stopped.add(pod.ownerText);
    if (!isTold(pod) || isMoved) continue;
    const members = told.get(pod.ownerText) ?? [];
    told.set(pod.ownerText, members);
    members.push(pod);
  }
  const isReady = ({ uid, moveUntilMs }: HardwarePod): boolean => ready.get(uid)?.untilMs === moveUntilMs;
  const areReady = (pod: HardwarePod): boolean =>
    isReady(pod) && (pod.gang === undefined || (told.get(pod.ownerText) ?? []).every(isReady));

  return {
    stateOf(pod) {
      const { moveUntilMs, moveWindowMs = 0 } = pod;
      if (moveUntilMs === undefined || moveUntilMs > nowMs + moveWindowMs + slackMs) return 'untold';
      if (nowMs >= moveUntilMs) return 'over';
      return areReady(pod) ? 'ready' : 'open';
    },
    membersOf: ({ uid, gang, ownerText }) =>
      gang === undefined
        ? []
        : pods.filter(
            (each) =>
              each.ownerText === ownerText &&
              each.uid !== uid &&
              each.node !== '' &&
              !each.isDeleting &&
              each.moveWindowMs !== undefined,
          ),
    isLed: (pod) => led.has(pod.ownerText) && !budget.hasMove(pod),
    withdrawal(pod) {
      const { uid, ownerText } = pod;
      if (!isTold(pod) || budget.hasMove(pod) || inFlight.has(uid) || led.has(ownerText)) return undefined;
      // The Pod that failed is gone, and the others follow it.
      if (pod.gang && !stopped.has(ownerText) && budget.isGangRestarting(pod)) return undefined;
      return { kind: 'withdraw', reason: 'called-off', pod, detail: 'no move of it stands any more' };
    },
  };
}

/** For these reasons a move that was begun does not come about: what they say lasts. */
const lasting: ReadonlySet<Reason> = new Set([
  'released-by-hand',
  'no-other-node',
  'gang-would-hang',
  'gang-would-end',
  'dry-run',
]);

/** Why a Pod that was told stays for good, by what was decided about it. */
export function calledOff(decision: {
  readonly kind: string;
  readonly reason: Reason;
  readonly pod: HardwarePod;
  readonly detail?: string;
}): WithdrawDecision | undefined {
  const { kind, reason, pod } = decision;
  const isOff = pod.moveUntilMs !== undefined && (kind === 'refuse' || (kind === 'hold' && lasting.has(reason)));
  return isOff ? { kind: 'withdraw', reason: 'called-off', pod, detail: sentenceOf(decision) } : undefined;
}

/** The move of a Pod whose application is ready. The reading is the one with which the move was begun. */
export const readyMove = (pod: HardwarePod): MoveDecision => ({
  kind: 'move',
  reason: 'ready',
  pod,
  reading: { check: 'hardware', message: 'it failed, and its reading is not known any more' },
  isUnanswered: true,
});

/** How often an application is asked whether it is ready. */
const askEveryMs = 2_000;

/** The Pods whose applications are due to be asked. */
export const podsToAsk = ({ pods, ready }: Pick<WindowInput, 'pods' | 'ready'>, nowMs: number): HardwarePod[] =>
  pods.filter(
    ({ uid, isDeleting, moveUntilMs, moveWindowMs }) =>
      moveUntilMs !== undefined &&
      moveWindowMs !== undefined &&
      !isDeleting &&
      Math.abs(nowMs - (ready.get(uid)?.atMs ?? 0)) >= askEveryMs,
  );
