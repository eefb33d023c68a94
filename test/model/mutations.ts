import { type Protocol, protocol } from './protocol.ts';
import { decideAs } from './objects.ts';
import { type Scenario, noFaults, scenarios } from './scenario.ts';
import type { Faults } from './state.ts';

/** A controller with a fault, the world in which it shows, and how the violation begins. */
export type Mutation = {
  readonly name: string;
  readonly scenario: Scenario;
  readonly rules: Protocol;
  readonly violation: string;
};

/** A small world, of which all is visited soon. */
const small = (scenario: Scenario, faults: Partial<Faults>): Scenario => ({
  ...scenario,
  faults: { ...noFaults, ...faults },
  lastTick: 1,
});

/** Faults that are put in, each of which the explorer has to find: without them it would not be known that it can fail. */
export const mutations: readonly Mutation[] = [
  {
    name: 'a brake that forgets when the leader changes',
    scenario: small(scenarios.faults, { sick: 2, death: 1 }),
    rules: { ...protocol, listsFirst: false },
    violation: 'unbraked',
  },
  {
    name: 'a write that is forgotten when no answer comes',
    scenario: small(scenarios.faults, { sick: 2, lostAnswer: 1 }),
    rules: { ...protocol, afterNoAnswer: 'forgotten' },
    violation: 'unbraked',
  },
  {
    name: 'an eviction before its quarantine',
    scenario: small(scenarios.faults, { sick: 1 }),
    rules: { ...protocol, order: 'eviction first' },
    violation: 'out of order',
  },
  {
    name: 'a budget that does not count what is in flight',
    scenario: small(scenarios.faults, { sick: 2 }),
    rules: {
      ...protocol,
      decide: (leader, state, scenario) =>
        decideAs({ ...leader, flights: [] }, state, scenario).filter(
          (each) => each.kind !== 'move' || !leader.flights.some(({ uid }) => uid === each.pod.uid),
        ),
    },
    violation: 'unbraked',
  },
  {
    name: 'a gang that is taken for Pods without one',
    scenario: small(scenarios.wide, { sick: 2 }),
    rules: { ...protocol, decide: (leader, state, scenario) => decideAs(leader, state, { ...scenario, gang: 'none' }) },
    violation: 'doubled',
  },
  {
    name: 'a gang that would hang and is moved all the same',
    scenario: small(scenarios.half, { sick: 1 }),
    rules: {
      ...protocol,
      decide: (leader, state, scenario) => decideAs(leader, state, { ...scenario, gang: 'whole' }),
    },
    violation: 'half a move',
  },
];
