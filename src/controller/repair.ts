import type { Census, PodRecord } from './census.ts';

/** How many missed Pods may be replaced, and how fast. */
export type RepairSettings = {
  /** Of all Pods that somebody asks a check for; at least one. */
  readonly percent: number;
  readonly windowMs: number;
  /** A younger Pod is left alone: its owner may be rolling out. */
  readonly minimumAgeMs: number;
  /** How many Pods of one owner may be replaced in `ownerWindowMs` and come back without a check, before it is given up. */
  readonly mostPerOwner: number;
  readonly ownerWindowMs: number;
};

/** An eviction that was asked for. */
export type Repair = { readonly uid: string; readonly owner: string; readonly atMs: number };

/** What to do now: whom to evict, and whose owner is given up because its Pods come back as they were. */
export type RepairDecision = { readonly evict: readonly PodRecord[]; readonly givenUp: readonly PodRecord[] };

/**
 * Chooses the missed Pods that may be evicted now: within the brake, one of an owner at a time and only while the rest
 * of that owner is ready, none without an owner that makes it anew, and none of a Job, whose work would be lost.
 */
export function decideRepairs(
  census: Census,
  history: readonly Repair[],
  nowMs: number,
  settings: RepairSettings,
): RepairDecision {
  const recent = history.filter(({ atMs }) => nowMs - atMs < settings.windowMs);
  let left = Math.max(1, Math.floor((census.size() * settings.percent) / 100)) - recent.length;
  const unready = new Set<string>();
  for (const record of census.all()) if (record.owner && !record.isReady) unready.add(record.owner.uid);
  const evict: PodRecord[] = [];
  const givenUp: PodRecord[] = [];
  const chosen = new Set<string>();
  for (const record of census.missed().toSorted((one, other) => one.createdMs - other.createdMs)) {
    const { owner } = record;
    if (!owner || owner.kind === 'Job' || chosen.has(owner.uid)) continue;
    const replaced = history.filter(
      ({ owner: uid, atMs }) => uid === owner.uid && nowMs - atMs < settings.ownerWindowMs,
    );
    // A Pod that is younger than the last eviction is its replacement: the webhook did not inject it either.
    const isReplacement = replaced.some(({ atMs }) => record.createdMs >= atMs);
    if (isReplacement && replaced.length >= settings.mostPerOwner) {
      chosen.add(owner.uid);
      givenUp.push(record);
      continue;
    }
    if (left <= 0 || unready.has(owner.uid) || nowMs - record.createdMs < settings.minimumAgeMs) continue;
    chosen.add(owner.uid);
    evict.push(record);
    left--;
  }
  return { evict, givenUp };
}
