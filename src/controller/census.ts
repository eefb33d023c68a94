import type { Owner } from '../kube/owners.ts';
import type { Verdict } from './judge.ts';

/** What is kept of a Pod: some hundred bytes, whatever the Pod's size. */
export type PodRecord = {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  readonly isReady: boolean;
  /** Its controller, such as a ReplicaSet; undefined for a bare Pod. */
  readonly owner: Owner | undefined;
  readonly verdict: Verdict;
};

/** How the Pods stand that one policy selects. */
export type PolicyCount = {
  matched: number;
  injected: number;
  missed: number;
  readonly skipped: Map<string, number>;
  lastSeenMs: number;
};

/** The Pods that somebody asks a check for. */
export type Census = {
  readonly reset: (records: readonly PodRecord[]) => void;
  readonly upsert: (record: PodRecord) => void;
  readonly remove: (uid: string) => void;
  /** Says that all Pods have been seen once. */
  readonly complete: () => void;
  readonly isComplete: () => boolean;
  readonly missed: () => readonly PodRecord[];
  readonly mistaken: () => readonly PodRecord[];
  readonly all: () => Iterable<PodRecord>;
  readonly size: () => number;
  readonly byPolicy: () => ReadonlyMap<string, PolicyCount>;
};

/** An empty census. */
export function createCensus(): Census {
  const records = new Map<string, PodRecord>();
  const inState = (state: Verdict['state']): PodRecord[] =>
    [...records.values()].filter(({ verdict }) => verdict.state === state);
  let isComplete = false;
  return {
    reset(all) {
      records.clear();
      for (const record of all) records.set(record.uid, record);
    },
    upsert: (record) => void records.set(record.uid, record),
    remove: (uid) => void records.delete(uid),
    complete: () => void (isComplete = true),
    isComplete: () => isComplete,
    missed: () => inState('missed'),
    mistaken: () => inState('invalid-annotations'),
    all: () => records.values(),
    size: () => records.size,
    byPolicy() {
      const counts = new Map<string, PolicyCount>();
      for (const { verdict, createdMs } of records.values()) {
        const { policy, state } = verdict;
        if (policy === undefined) continue;
        const count = counts.get(policy) ?? emptyCount();
        counts.set(policy, count);
        count.matched++;
        count.lastSeenMs = Math.max(count.lastSeenMs, createdMs);
        if (state === 'injected' || state === 'missed') count[state]++;
        else count.skipped.set(state, (count.skipped.get(state) ?? 0) + 1);
      }
      return counts;
    },
  };
}

/** A policy that selects no Pod. */
export const emptyCount = (): PolicyCount => ({
  matched: 0,
  injected: 0,
  missed: 0,
  skipped: new Map(),
  lastSeenMs: 0,
});
