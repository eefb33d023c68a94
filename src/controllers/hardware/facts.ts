import { type Clock, systemClock } from '../../kube/clock.ts';
import { wholeSeconds } from './budget.ts';
import type { HardwarePod } from './pod.ts';

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
      byOwner.set(owner, { count, atMs: nowMs, untilMs: nowMs + backoffMs(count + 1, firstMs, maxSoftenWaitMs) });
    },
  };
}

/** Facts about Pods, by uid. */
export type Facts<Fact> = { readonly get: (uid: string) => Fact | undefined };

/** Facts that no watch delivers: each is fetched when a decision asks for it, and the next pass has it. */
export type FactCache<Fact> = Facts<Fact> & {
  /** Fetches anew for these Pods. It skips a Pod that is being fetched for, and starts nothing past `maxInFlight`. */
  readonly refresh: (pods: readonly HardwarePod[], maxInFlight: number) => void;
  readonly retain: (isWanted: (uid: string) => boolean) => void;
};

export type FactSource<Fact> = {
  /** `before` is the last fact about the Pod. A failure is a fact too: it rejects only by the signal. */
  readonly fetch: (pod: HardwarePod, before: Fact | undefined, signal: AbortSignal) => Promise<Fact>;
  readonly onChange: () => void;
};

export function createFactCache<Fact>({ fetch, onChange }: FactSource<Fact>, signal: AbortSignal): FactCache<Fact> {
  const entries = new Map<string, { readonly fact: Fact | undefined; readonly isFetching: boolean }>();
  let inFlight = 0;

  const fetchFor = async (pod: HardwarePod): Promise<void> => {
    const before = entries.get(pod.uid)?.fact;
    let fact = before;
    entries.set(pod.uid, { fact: before, isFetching: true });
    inFlight += 1;
    try {
      fact = await fetch(pod, before, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      inFlight -= 1;
      entries.set(pod.uid, { fact, isFetching: false });
    }
    onChange();
  };

  return {
    get: (uid) => entries.get(uid)?.fact,
    refresh(pods, maxInFlight) {
      for (const pod of pods) {
        if (inFlight >= maxInFlight) return;
        if (!entries.get(pod.uid)?.isFetching) void fetchFor(pod);
      }
    },
    retain(isWanted) {
      for (const [uid, { isFetching }] of entries) if (!isFetching && !isWanted(uid)) entries.delete(uid);
    },
  };
}
