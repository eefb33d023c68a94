import type { HardwareSettings } from '../../src/controllers/hardware/snapshot.ts';
import { type Faults, type Leader, type State, podTable } from './state.ts';

/** Long enough that what takes seconds is over, and no shorter than what the source counts in minutes. */
export const tickMs = 5 * 60_000;
export const startMs = Date.parse('2030-01-01T12:00:00Z');
export const nodeCount = 4;

/** Two workers of a gang on two nodes, and two Pods of other owners beside them. */
export const slots = [
  { owner: 'train', namespace: 'ml', isGang: true, node: 0 },
  { owner: 'train', namespace: 'ml', isGang: true, node: 1 },
  { owner: 'web', namespace: 'shop', isGang: false, node: 0 },
  { owner: 'web', namespace: 'shop', isGang: false, node: 2 },
] as const;

export type Scenario = {
  readonly name: string;
  readonly settings: HardwareSettings;
  /** What becomes of the gang when one of its Pods is evicted; `none`: nothing that may be read says it. */
  readonly gang: 'whole' | 'half' | 'none';
  readonly faults: Faults;
  /** No later tick is gone to by the explorer. */
  readonly lastTick: number;
};

const settings: HardwareSettings = {
  mode: 'move',
  scope: 'Owner',
  stableMs: 0,
  // A Pod is not moved in the tick in which it was created, as in the world it is not in its first half minute.
  minimumAgeMs: tickMs,
  poolLabel: '',
  percent: 25,
  windowMs: 2 * tickMs,
  mostPerOwner: 2,
  ownerWindowMs: 3 * tickMs,
  ttlMs: 4 * tickMs,
  byHandMs: 2 * tickMs,
  softenMs: tickMs,
  degradedNamespaces: 0,
  taintsDevices: false,
};

export const noFaults: Faults = {
  sick: 0,
  heal: 0,
  reboot: 0,
  person: 0,
  death: 0,
  lostCall: 0,
  lostAnswer: 0,
  refusal: 0,
  overlap: 0,
};

export const scenarios = {
  /** Nodes fail, and the controller and its calls do. */
  faults: {
    name: 'nodes fail while calls and answers are lost and the controller dies',
    settings,
    gang: 'whole',
    faults: { ...noFaults, sick: 2, heal: 1, death: 1, lostCall: 1, lostAnswer: 2, refusal: 1 },
    lastTick: 6,
  },
  /** Persons and machines release nodes. */
  releases: {
    name: 'nodes fail, are booted anew and are released by hand',
    settings,
    gang: 'whole',
    faults: { ...noFaults, sick: 3, heal: 1, reboot: 1, person: 1, death: 1 },
    lastTick: 8,
  },
  /** Room for two nodes: a quarter of the brake is kept for the other namespace. */
  wide: {
    name: 'nodes fail where the brake is for two',
    settings: { ...settings, percent: 50 },
    gang: 'whole',
    faults: { ...noFaults, sick: 3, heal: 1, death: 1, lostAnswer: 1, refusal: 1 },
    lastTick: 6,
  },
  half: {
    name: 'a gang that would hang',
    settings,
    gang: 'half',
    faults: { ...noFaults, sick: 2, heal: 1, death: 1, lostAnswer: 1 },
    lastTick: 5,
  },
} as const satisfies Record<string, Scenario>;

export const idle: Leader = {
  leads: false,
  pods: slots.map(() => 0),
  quarantines: Array.from({ length: nodeCount }, () => 0),
  flights: [],
  backingOff: [],
  releasedTick: Array.from({ length: nodeCount }, () => -1),
};

/** All is well, and nobody leads yet. */
export function firstState({ faults }: Scenario): State {
  const nothing = Array.from({ length: nodeCount }, () => 0);
  return {
    tick: 0,
    sick: nothing.map(() => false),
    boots: nothing,
    pods: slots.map(({ node }, slot) =>
      podTable.put({ slot, life: 0, node, bornTick: -9, failsSinceTick: -1, wasReady: true, isDeleting: false }),
    ),
    quarantines: nothing,
    observed: nothing,
    leaders: [idle, idle],
    left: faults,
    nextUid: 1,
    begunTicks: [],
    evictions: [],
    charges: [],
    releasedUids: [],
  };
}
