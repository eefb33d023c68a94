import type { QuarantinedOwner } from '../../quarantine/quarantine.ts';
import type { HardwarePod } from './record.ts';
import { type RefuseReason, refusals } from './refusal.ts';

/** Why a Pod whose hardware fails stays for now, as the end of a sentence. */
export const holds = {
  unstable: 'it has not failed for long enough yet',
  young: 'it is younger than a Pod has to be',
  'node-not-ready':
    'its node is not ready, so what is known of the Pod may be old; the cluster takes Pods off such a node by itself',
  'released-by-hand':
    'somebody deleted the NodeQuarantine of its node after it had failed: it has to be ready once, or to fail for much longer',
  passes: 'its sidecar says that nothing fails by now, and is asked again after a while',
  'under-way': 'it is being moved',
  'backing-off': 'its last eviction did not go through, and is tried again after a while',
  'no-other-node': 'no other node is left for its owner: each is not ready, cordoned or quarantined',
  brake: 'as many nodes as may be were quarantined in the last minutes',
  'owner-cap': 'as many Pods of its owner as may be were moved lately: they may fail wherever they run',
  'volumes-unasked': 'whether it has a volume that is on its node alone is being asked',
  'volumes-unknown': 'whether it has a volume that is on its node alone is not known, and is asked again after a while',
  'quarantine-full': 'the NodeQuarantine of its node can list no more owners or moves',
  'dry-run': 'health-injector only says what it would do: --hardware is dry-run',
} as const;

export type HoldReason = keyof typeof holds;

/** Why a node is released, as the end of a sentence. */
export const releases = {
  expired: 'its time is over',
  rebooted: 'it was booted anew',
  'node-gone': 'it is gone',
} as const;

export type ReleaseReason = keyof typeof releases;

/** What is to be done about a Pod or a node; a move's id is the uid of its Pod. */
export type Decision =
  /** `resumed`: the NodeQuarantine has the move already, and the Pod is still there. */
  | { readonly kind: 'move'; readonly reason: 'failed' | 'resumed'; readonly pod: HardwarePod }
  /** `untilMs`: when to look again, where that is known. */
  | {
      readonly kind: 'hold';
      readonly reason: HoldReason;
      readonly pod: HardwarePod;
      readonly untilMs?: number;
      readonly detail?: string;
    }
  | { readonly kind: 'refuse'; readonly reason: RefuseReason; readonly pod: HardwarePod; readonly detail?: string }
  /** A Pod waits for a node, and one would take it that it is kept off. */
  | {
      readonly kind: 'soften';
      readonly reason: 'unschedulable';
      readonly pod: HardwarePod;
      readonly nodes: readonly string[];
    }
  /** A Pod was made anew on the node that its owner is kept off. */
  | { readonly kind: 'notice'; readonly reason: 'came-back'; readonly pod: HardwarePod }
  /** Without `owners` the whole node is released. */
  | {
      readonly kind: 'release';
      readonly reason: ReleaseReason;
      readonly node: string;
      readonly owners?: readonly QuarantinedOwner[];
    };

/** The reason of a decision about a Pod as the end of a sentence. */
export function reasonOf(decision: Decision): string {
  switch (decision.kind) {
    case 'hold':
      return inDetail(holds[decision.reason], decision.detail);
    case 'refuse':
      return inDetail(refusals[decision.reason], decision.detail);
    case 'release':
      return releases[decision.reason];
    case 'move':
    case 'soften':
    case 'notice':
      return decision.reason;
    default:
      return decision satisfies never;
  }
}

const inDetail = (reason: string, detail: string | undefined): string =>
  detail === undefined ? reason : `${reason}: ${detail}`;
