import type { BudgetInput, BudgetSettings, RemediationBudget } from './budget.ts';
import type { Facts } from './facts.ts';
import type { OwnerFact } from './owner-facts.ts';
import type { ReadingFact } from './readings.ts';
import type { Reason } from './reasons.ts';
import type { Retry } from './retries.ts';
import type { VolumesFact } from './volumes.ts';
import type { MoveWindows, ReadyFact } from './window.ts';

/** How Pods may be moved, and how fast. */
export type HardwareSettings = BudgetSettings & {
  readonly mode: 'dry-run' | 'move';
  /** A device of DRA that fails is tainted, instead of its node being quarantined. */
  readonly taintsDevices: boolean;
  /** How long a Pod must have failed: a shorter failure is a flap. */
  readonly stableMs: number;
  readonly minimumAgeMs: number;
  /** How long a quarantine lasts; no shorter than the two windows, which are computed from the quarantines. */
  readonly ttlMs: number;
  /** How much longer a Pod that failed when its node was released by hand must fail to be moved all the same. */
  readonly byHandMs: number;
  /** How long a replacement may wait for a node before a sick one will do. */
  readonly softenMs: number;
  /** Of how many namespaces Pods must have failed on a node before it gets the condition HardwareDegraded; 0: never. */
  readonly degradedNamespaces: number;
};

/** All facts of one moment; nothing in it changes while a decision is made. */
export type Snapshot = BudgetInput & {
  /** When a person last deleted the NodeQuarantine of a node, by its name. */
  readonly manualReleases: ReadonlyMap<string, number>;
  /** The failed evictions, by the uid of the Pod. */
  readonly retries: ReadonlyMap<string, Pick<Retry, 'untilMs'>>;
  /** What the sensors of failing Pods said, by uid. */
  readonly readings: Facts<ReadingFact>;
  /** Whether the owners of Pods exist, by the uid of the Pod. */
  readonly owners: Facts<OwnerFact>;
  /** What the applications say that have time to save their work, by the uid of the Pod. */
  readonly ready: Facts<ReadyFact>;
  /** Where the volumes of Pods are, by uid. */
  readonly volumes: Facts<VolumesFact>;
  /** When a waiting Pod of an owner was last evicted to be created anew, and until when none created since then is. */
  readonly softened: ReadonlyMap<string, { readonly atMs: number; readonly untilMs: number }>;
  /** The last reason that was reported of a Pod, by uid. */
  readonly reported: ReadonlyMap<string, { readonly reported?: Reason }>;
};

/** What one pass of the decision goes by. */
export type Pass = {
  readonly snapshot: Snapshot;
  readonly settings: HardwareSettings;
  readonly budget: RemediationBudget;
  readonly windows: MoveWindows;
  readonly nowMs: number;
};
