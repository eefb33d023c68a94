import { emptyingRoom, shareRefusal } from '../shares.ts';
import { type PodIndex, type PodSummary, controllerKeyOf } from './pod-index.ts';

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

/** An eviction that was asked for; `owner` is the key of the Pod's owner. */
export type Repair = {
  readonly uid: string;
  readonly namespace: string;
  readonly owner: string;
  readonly atMs: number;
};

/** The Pods to evict now, and Pods whose owner is given up because its replacements lack the check too. */
type RepairDecision = { readonly evict: readonly PodSummary[]; readonly givenUp: readonly PodSummary[] };

/**
 * Chooses the missed Pods that may be evicted now: within the rate limit, one of an owner at a time, and only while the
 * other Pods of that owner are ready. A bare Pod would not come back, and the work of a Job would be lost: both stay. The
 * namespaces come in turn, and one alone does not take all where another has such Pods.
 */
export function decideRepairs(
  pods: PodIndex,
  history: readonly Repair[],
  nowMs: number,
  settings: RepairSettings,
): RepairDecision {
  const recent = history.filter(({ atMs }) => nowMs - atMs < settings.windowMs);
  const missed = pods.byIndex('state', 'missed').filter(({ owner }) => owner && owner.kind !== 'Job');
  const size = Math.max(1, Math.floor((pods.size() * settings.percent) / 100));
  const isShared = new Set(missed.map(({ namespace }) => namespace)).size > 1;
  const room = emptyingRoom(size, isShared);
  let taken = recent.length;
  const takenOf = new Map<string, number>();
  const take = (namespace: string): void => void takenOf.set(namespace, (takenOf.get(namespace) ?? 0) + 1);
  for (const { namespace } of recent) take(namespace);
  const lastMs = new Map<string, number>();
  for (const { namespace, atMs } of history) lastMs.set(namespace, Math.max(atMs, lastMs.get(namespace) ?? 0));
  const unready = new Set<string>();
  for (const pod of pods.list()) if (pod.owner && !pod.isReady) unready.add(controllerKeyOf(pod));
  const evict: PodSummary[] = [];
  const givenUp: PodSummary[] = [];
  const chosen = new Set<string>();
  const turnOf = ({ namespace }: PodSummary): number => lastMs.get(namespace) ?? 0;
  for (const pod of missed.toSorted((one, other) => turnOf(one) - turnOf(other) || one.createdMs - other.createdMs)) {
    const owner = controllerKeyOf(pod);
    const { namespace } = pod;
    if (chosen.has(owner)) continue;
    const replaced = history.filter(({ owner: key, atMs }) => key === owner && nowMs - atMs < settings.ownerWindowMs);
    // A Pod that is younger than the last eviction is its replacement: the webhook did not inject it either.
    const isReplacement = replaced.some(({ atMs }) => pod.createdMs >= atMs);
    if (isReplacement && replaced.length >= settings.mostPerOwner) {
      chosen.add(owner);
      givenUp.push(pod);
      continue;
    }
    if (shareRefusal(room, { taken, own: takenOf.get(namespace) ?? 0, cost: 1 })) continue;
    if (unready.has(owner) || nowMs - pod.createdMs < settings.minimumAgeMs) continue;
    chosen.add(owner);
    evict.push(pod);
    taken += 1;
    take(namespace);
  }
  return { evict, givenUp };
}
