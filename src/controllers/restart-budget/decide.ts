import { restartBudgetOf } from './share.ts';

/** A Pod of one owner in the moment of a decision. */
export type OwnedPod = {
  readonly uid: string;
  readonly createdMs: number;
  /** Of the Pods of the owner, how many percent may be restarted. */
  readonly percent: number;
  /** Since when its liveness fails; undefined where it does not. */
  readonly failingSinceMs: number | undefined;
  /** Whether liveness restarted it within the window. */
  readonly isRestarted: boolean;
  /** When one of its containers ended last; 0 where that is long ago. */
  readonly endedMs: number;
  /** A person has paused it: it is not restarted, and not touched. */
  readonly isPaused: boolean;
};

/** What becomes of the Pods of one owner. */
export type OwnerDecision = {
  /** How many there are, how many of them fail, and how many were restarted within the window. */
  readonly pods: number;
  readonly failing: number;
  readonly restarted: number;
  /** How many may be restarted within the window. */
  readonly budget: number;
  readonly percent: number;
  /** The uids of the Pods that are not to be restarted now: those that fail, and those that do not fail yet. */
  readonly heldFailing: ReadonlySet<string>;
  readonly heldPassing: ReadonlySet<string>;
};

const none: ReadonlySet<string> = new Set();

/**
 * Decides which Pods of an owner the kubelet may restart. Pods that fail and Pods that were restarted take a place each, and
 * there are as many places as the budget has. As long as they suffice, all go their way: a Pod that is restarted again and
 * again takes one place. Else what fails longest comes first, a Pod that was restarted already does not come again, and the
 * Pods that pass are held before they fail: by the time that a failure is heard of, a Pod with a short period is restarted.
 */
export function decideRestarts(pods: readonly OwnedPod[]): OwnerDecision {
  const [youngest] = pods.toSorted((one, other) => other.createdMs - one.createdMs || compareUids(one, other));
  const percent = youngest?.percent ?? 100;
  const budget = restartBudgetOf(pods.length, percent);
  const free = pods.filter(({ isPaused }) => !isPaused);
  const failing = free.filter(({ failingSinceMs }) => failingSinceMs !== undefined);
  const restarted = pods.filter(({ isRestarted }) => isRestarted);
  const counts = { pods: pods.length, failing: failing.length, restarted: restarted.length, budget, percent };
  const places = budget - restarted.length;
  const waiting = failing.filter(({ isRestarted }) => !isRestarted);
  if (waiting.length <= places) return { ...counts, heldFailing: none, heldPassing: none };
  const first = new Set(waiting.toSorted(compareTurns).slice(0, Math.max(0, places)));
  return {
    ...counts,
    heldFailing: uidsOf(failing.filter((pod) => !first.has(pod))),
    heldPassing: uidsOf(free.filter(({ failingSinceMs }) => failingSinceMs === undefined)),
  };
}

/** A Pod that a restart has not mended comes after those that were not restarted; else what fails longest comes first. */
const compareTurns = (one: OwnedPod, other: OwnedPod): number =>
  one.endedMs - other.endedMs || (one.failingSinceMs ?? 0) - (other.failingSinceMs ?? 0) || compareUids(one, other);

const compareUids = (one: OwnedPod, other: OwnedPod): number => (one.uid < other.uid ? -1 : 1);

const uidsOf = (pods: readonly OwnedPod[]): ReadonlySet<string> => new Set(pods.map(({ uid }) => uid));
