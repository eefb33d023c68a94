import type { PodIndex, PodSummary } from './pod-index.ts';

/** How many missed Pods may be evicted, and how fast. */
export type RepairSettings = {
  /** Of all Pods that something asks a check for; at least one. */
  readonly percent: number;
  readonly windowMs: number;
  /** A younger Pod stays: its owner may be rolling out. */
  readonly minimumAgeMs: number;
  /** After so many evictions in `ownerWindowMs` whose replacements came back without a check, the owner is given up. */
  readonly mostPerOwner: number;
  readonly ownerWindowMs: number;
};

/** An eviction that was asked for. */
export type Repair = { readonly uid: string; readonly owner: string; readonly atMs: number };

/** The Pods to evict now, and Pods whose owner is given up because its replacements lack the check too. */
type RepairDecision = { readonly evict: readonly PodSummary[]; readonly givenUp: readonly PodSummary[] };

/**
 * Chooses the missed Pods that may be evicted now: within the rate limit, one of an owner at a time, and only while the
 * other Pods of that owner are ready. A bare Pod would not come back, and the work of a Job would be lost: both stay.
 */
export function decideRepairs(
  pods: PodIndex,
  history: readonly Repair[],
  nowMs: number,
  settings: RepairSettings,
): RepairDecision {
  const recent = history.filter(({ atMs }) => nowMs - atMs < settings.windowMs);
  let left = Math.max(1, Math.floor((pods.size() * settings.percent) / 100)) - recent.length;
  const unready = new Set<string>();
  for (const pod of pods.list()) if (pod.owner && !pod.isReady) unready.add(pod.owner.uid);
  const evict: PodSummary[] = [];
  const givenUp: PodSummary[] = [];
  const chosen = new Set<string>();
  for (const pod of pods.byIndex('state', 'missed').toSorted((one, other) => one.createdMs - other.createdMs)) {
    const { owner } = pod;
    if (!owner || owner.kind === 'Job' || chosen.has(owner.uid)) continue;
    const replaced = history.filter(
      ({ owner: uid, atMs }) => uid === owner.uid && nowMs - atMs < settings.ownerWindowMs,
    );
    // A Pod that is younger than the last eviction is its replacement: the webhook did not inject it either.
    const isReplacement = replaced.some(({ atMs }) => pod.createdMs >= atMs);
    if (isReplacement && replaced.length >= settings.mostPerOwner) {
      chosen.add(owner.uid);
      givenUp.push(pod);
      continue;
    }
    if (left <= 0 || unready.has(owner.uid) || nowMs - pod.createdMs < settings.minimumAgeMs) continue;
    chosen.add(owner.uid);
    evict.push(pod);
    left--;
  }
  return { evict, givenUp };
}
