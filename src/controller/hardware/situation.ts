import type { NodeQuarantine } from '../../quarantine/quarantine.ts';
import type { NodeRecord } from './node-record.ts';
import type { HardwarePod } from './record.ts';
import type { Volumes } from './volumes.ts';

/** How Pods may be moved, and how fast. */
export type HardwareSettings = {
  readonly mode: 'dry-run' | 'move';
  readonly scope: 'Owner' | 'Node';
  /** How long a Pod must have failed, so that a flap is nothing. */
  readonly stableMs: number;
  readonly minimumAgeMs: number;
  /** Of all nodes, how many may be quarantined in `windowMs`; at least one. */
  readonly percent: number;
  readonly windowMs: number;
  /** How many Pods of one owner may be moved in `ownerWindowMs`. */
  readonly mostPerOwner: number;
  readonly ownerWindowMs: number;
  /** How long a quarantine lasts; no shorter than the two windows, which are computed from the quarantines. */
  readonly ttlMs: number;
  /** How much longer a Pod that failed when its node was released by hand must fail to be moved all the same. */
  readonly byHandMs: number;
  /** How long a replacement may wait for a node before a sick one will do. */
  readonly softenMs: number;
};

/** All that is known at one moment. */
export type Situation = {
  readonly pods: readonly HardwarePod[];
  readonly quarantines: readonly NodeQuarantine[];
  readonly nodes: readonly NodeRecord[];
  /** When a person last deleted the NodeQuarantine of a node, by its name. */
  readonly releasedByHand: ReadonlyMap<string, number>;
  /** Until when the eviction of a Pod is not tried again, by uid. */
  readonly backOff: ReadonlyMap<string, number>;
  /** Until when a Pod is left alone whose sidecar said that nothing fails, by uid. */
  readonly passing: ReadonlyMap<string, number>;
  /** When an owner's Pods were last let back, and until when none is that was made since: it came back as it was. */
  readonly letBack: ReadonlyMap<string, { readonly atMs: number; readonly untilMs: number }>;
  /** The Pods that are being moved at this moment, by uid. */
  readonly underWay: ReadonlySet<string>;
  /** Where the volumes of a Pod are, by uid, as far as somebody has asked. */
  readonly volumes: ReadonlyMap<string, Volumes>;
};
