import type { Decision } from '../../src/controllers/hardware/decision.ts';
import { decideAs } from './objects.ts';
import type { Scenario } from './scenario.ts';
import type { Leader, State } from './state.ts';

/** What may happen next, in words. */
export type Step = { readonly words: string; readonly next: State };

/** What the controller does; a mutation changes one of these, which the explorer has to find. */
export type Protocol = {
  readonly decide: (leader: Leader, state: State, scenario: Scenario) => readonly Decision[];
  /** Whether a new leader lists the quarantines before it decides. */
  readonly listsFirst: boolean;
  /** What becomes of a write of which no answer came. */
  readonly afterNoAnswer: 'written again' | 'forgotten';
  readonly order: 'quarantine first' | 'eviction first';
};

export const protocol: Protocol = {
  decide: decideAs,
  listsFirst: true,
  afterNoAnswer: 'written again',
  order: 'quarantine first',
};

/** One controller that leads, in one state of the world. */
export type Turn = {
  readonly state: State;
  readonly leader: Leader;
  readonly scenario: Scenario;
  readonly rules: Protocol;
  /** The state with the controller as it is then. */
  readonly withLeader: (next: Leader, base?: State) => State;
  /** Its name in a history. */
  readonly who: string;
};
