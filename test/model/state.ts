import type { NodeQuarantine } from '../../src/quarantine/quarantine.ts';

/** One version of a Pod, as the apiserver or a cache has it. Times are ticks. */
export type ModelPod = {
  /** Which Pod of the world it is, over all that take its place. */
  readonly slot: number;
  /** How often it was created anew. */
  readonly life: number;
  readonly node: number;
  readonly bornTick: number;
  /** Since when its check fails; -1 where it passes. */
  readonly failsSinceTick: number;
  readonly wasReady: boolean;
  readonly isDeleting: boolean;
};

/** What a controller does for a Pod, a step after the other. */
export type Stage =
  /** The pass has decided: the quarantine is to be written. */
  | 'write'
  /** No answer came to that. */
  | 'unanswered'
  /** It is written, and the webhook has to observe it. */
  | 'see'
  | 'evict';

export type Flight = {
  readonly uid: string;
  /** The Pod as it was when the pass decided. */
  readonly pod: number;
  readonly stage: Stage;
  /** Of the quarantine that names the Pod, once it is written. */
  readonly quarantineUid: string;
};

/** A process of the controller: what it has in memory. Versions of objects are numbers of a table. */
export type Leader = {
  readonly leads: boolean;
  readonly pods: readonly number[];
  readonly quarantines: readonly number[];
  readonly flights: readonly Flight[];
  /** The uids of the Pods that wait for their next try. */
  readonly backingOff: readonly string[];
  /** When a person released each node, as far as it knows; -1 for never. */
  readonly releasedTick: readonly number[];
};

/** How often each may still happen. */
export type Faults = {
  readonly sick: number;
  readonly heal: number;
  readonly reboot: number;
  readonly person: number;
  readonly death: number;
  readonly lostCall: number;
  readonly lostAnswer: number;
  readonly refusal: number;
  /** A second controller comes to lead while the first still does. */
  readonly overlap: number;
};

/** The world at one moment. Lists are by slot, by node or by controller; an object is the number of its version, 0 for none. */
export type State = {
  readonly tick: number;
  readonly sick: readonly boolean[];
  readonly boots: readonly number[];
  readonly pods: readonly number[];
  readonly quarantines: readonly number[];
  /** The quarantines as the webhook observes them. */
  readonly observed: readonly number[];
  readonly leaders: readonly Leader[];
  readonly left: Faults;
  /** Which quarantine is the next one. */
  readonly nextUid: number;
  /** Of the record that the invariants are checked by: when each quarantine was begun, unless a person released its node. */
  readonly begunTicks: readonly (readonly [uid: string, tick: number])[];
  /** Which Pods were evicted, of which owner and when. */
  readonly evictions: readonly (readonly [owner: string, tick: number, uid: string])[];
  /** The Pods of the gang for which a move was charged, and when. */
  readonly charges: readonly (readonly [uid: string, tick: number])[];
  /** The Pods that were named by quarantines that a person has deleted. */
  readonly releasedUids: readonly string[];
};

/** Versions of objects by number, so that states are short and equal ones are one. */
function createTable<T>() {
  const values: T[] = [undefined as T];
  const numbers = new Map<string, number>();
  return {
    put(value: T): number {
      const key = JSON.stringify(value);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      values.push(value);
      numbers.set(key, values.length - 1);
      return values.length - 1;
    },
    get: (number: number): T => values[number]!,
  };
}

export const podTable = createTable<ModelPod>();
export const quarantineTable = createTable<NodeQuarantine>();

export const uidOf = ({ slot, life }: ModelPod): string => `p${slot}.${life}`;
export const quarantineAt = (list: readonly number[], node: number): NodeQuarantine | undefined =>
  list[node] === 0 ? undefined : quarantineTable.get(list[node]!);
export const podAt = (list: readonly number[], slot: number): ModelPod => podTable.get(list[slot]!);

/** The list with one element replaced. */
export const put = <T>(list: readonly T[], index: number, value: T): readonly T[] =>
  list[index] === value ? list : list.with(index, value);
