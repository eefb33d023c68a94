import type { HardwarePod } from './pod.ts';

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
