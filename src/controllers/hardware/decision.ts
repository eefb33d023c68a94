import type { QuarantinedOwner } from '../../quarantine/quarantine.ts';
import type { HardwarePod } from './pod.ts';
import type { SensorReading } from './reading.ts';
import type { IneligibleReason, ReasonOf } from './reasons.ts';

/** What the controller decides about a Pod or a node. */
export type Decision =
  | MoveDecision
  /** `untilMs`: when to decide again, where that is known; `reading`: what fails, where an Event says so. */
  | {
      readonly kind: 'hold';
      readonly reason: Exclude<ReasonOf<'hold'>, 'reading-unasked' | 'owner-unasked' | 'volumes-unasked'>;
      readonly pod: HardwarePod;
      readonly untilMs?: number;
      readonly detail?: string;
      readonly reading?: SensorReading;
    }
  | {
      readonly kind: 'refuse';
      readonly reason: IneligibleReason;
      readonly pod: HardwarePod;
      readonly detail?: string;
      readonly reading?: SensorReading;
    }
  /** What fails in a Pod has to be read, before it is moved or before an Event says why it stays. */
  | {
      readonly kind: 'read-sensor';
      readonly reason: 'reading-unasked';
      readonly pod: HardwarePod;
      readonly isForMove: boolean;
    }
  /** Whether the owner of a Pod exists has to be looked up; `owner-unknown`: once more. */
  | {
      readonly kind: 'look-up-owner';
      readonly reason: 'owner-unasked' | 'owner-unknown';
      readonly pod: HardwarePod;
    }
  /** Where the volumes of a Pod are has to be looked up; `volumes-unknown`: once more. */
  | {
      readonly kind: 'look-up-volumes';
      readonly reason: 'volumes-unasked' | 'volumes-unknown';
      readonly pod: HardwarePod;
    }
  | SoftenDecision
  | WithdrawDecision
  | { readonly kind: 'notice'; readonly reason: 'came-back'; readonly pod: HardwarePod }
  | ReleaseDecision;

export type MoveDecision = {
  readonly kind: 'move';
  readonly reason: ReasonOf<'move'>;
  readonly pod: HardwarePod;
  readonly reading: SensorReading;
  /** The sensor did not answer: the reading says why. */
  readonly isUnanswered: boolean;
  /** Its application is told first, with those of these other Pods of its gang, and the Pod is not evicted yet. */
  readonly window?: { readonly members: readonly HardwarePod[] };
};

/** The application of a Pod was told that the Pod is to be moved, and is told that it stays. */
export type WithdrawDecision = {
  readonly kind: 'withdraw';
  readonly reason: ReasonOf<'withdraw'>;
  readonly pod: HardwarePod;
  readonly detail?: string;
};

/** These nodes become the last choice for the owner of a Pod that finds no other. */
export type SoftenDecision = {
  readonly kind: 'soften';
  readonly reason: 'unschedulable';
  readonly pod: HardwarePod;
  readonly nodes: readonly string[];
};

/** Without `owners` the whole node is released. */
export type ReleaseDecision = {
  readonly kind: 'release';
  readonly reason: ReasonOf<'release'>;
  readonly node: string;
  readonly owners?: readonly QuarantinedOwner[];
};

/** Whether a decision only asks for a fact. */
export const isCommand = ({ kind }: Decision): boolean =>
  kind === 'read-sensor' || kind === 'look-up-owner' || kind === 'look-up-volumes';

/** What is decided about a Pod, and not about a node. */
export type AboutPod = Exclude<Decision, ReleaseDecision>;

/** The same before its sensor is read: a move has no reading yet. */
export type BeforeReading =
  | Exclude<AboutPod, { readonly kind: 'move' | 'read-sensor' }>
  | (Pick<MoveDecision, 'kind' | 'pod' | 'window'> & { readonly reason: 'failed' | 'resumed' });
