import { type Clock, systemClock } from '../../kube/clock.ts';
import { type HardwarePod, wholeSeconds } from './pod.ts';

const maxBackoffMs = 60_000;

/** How long to wait after so many failures in a row: twice as long each time, without jitter, since Events say when. */
export const backoffMs = (failures: number, firstMs: number, maxMs: number = maxBackoffMs): number =>
  Math.min(maxMs, firstMs * 2 ** (failures - 1));

/** What failed `count` times in a row, and is left alone until then. */
export type Retry = { readonly count: number; readonly untilMs: number };

/** The failures by key. */
export type Retries = {
  readonly byKey: ReadonlyMap<string, Retry>;
  /** Returns how often the key has failed in a row. */
  readonly recordFailure: (key: string) => number;
  readonly forget: (key: string) => void;
  readonly retain: (isWanted: (key: string) => boolean) => void;
};

export function createRetries(firstMs: number, clock: Clock = systemClock): Retries {
  const byKey = new Map<string, Retry>();
  return {
    byKey,
    recordFailure(key) {
      const count = (byKey.get(key)?.count ?? 0) + 1;
      byKey.set(key, { count, untilMs: clock.date().getTime() + backoffMs(count, firstMs) });
      return count;
    },
    forget: (key) => void byKey.delete(key),
    retain(isWanted) {
      for (const key of byKey.keys()) if (!isWanted(key)) byKey.delete(key);
    },
  };
}

/** When a waiting Pod of an owner was last evicted, how often in a row, and until when no Pod created since then is. */
export type SoftenHistory = {
  readonly byOwner: ReadonlyMap<string, { readonly count: number; readonly atMs: number; readonly untilMs: number }>;
  readonly record: (pod: HardwarePod, nowMs: number) => void;
};

const maxSoftenWaitMs = 3_600_000;

/** A Pod's author writes the name of its owner. The oldest is forgotten first, and waits as if it were the first time. */
const maxSoftened = 4_096;

/**
 * Doubles the wait after each eviction that did not help. This happens where the Pod template itself contains the
 * affinity, because a person copied a live Pod into it: without the wait the controller would evict one Pod a minute.
 */
export function createSoftenHistory(firstMs: number): SoftenHistory {
  const byOwner = new Map<string, { readonly count: number; readonly atMs: number; readonly untilMs: number }>();
  return {
    byOwner,
    record({ ownerText: owner, createdMs }, nowMs) {
      for (const [each, { untilMs }] of byOwner) if (nowMs - untilMs > maxSoftenWaitMs) byOwner.delete(each);
      const before = byOwner.get(owner);
      // A Pod that is older than the last eviction is its sibling, and did not come back.
      if (before && createdMs < wholeSeconds(before.atMs)) return;
      const count = (before?.count ?? 0) + 1;
      byOwner.delete(owner);
      byOwner.set(owner, { count, atMs: nowMs, untilMs: nowMs + backoffMs(count + 1, firstMs, maxSoftenWaitMs) });
      if (byOwner.size > maxSoftened) byOwner.delete(byOwner.keys().next().value ?? '');
    },
  };
}
