import assert from 'node:assert/strict';
import { protocol } from './protocol.ts';
import { explore } from './explore.ts';
import { mutations } from './mutations.ts';
import { scenarios } from './scenario.ts';
import type { State } from './state.ts';
import { createLiveness, walk } from './walk.ts';

/** So much takes seconds; `npm run test:model` visits a million. */
const maxStates = 6_000;
const walks = 60;

describe('the model of a move', () => {
  for (const scenario of Object.values(scenarios)) {
    it(`has no state that breaks a rule where ${scenario.name}`, () => {
      const { found, states } = explore(scenario, protocol, maxStates);
      assert.equal(found, undefined, found && `${found.violation}:\n${found.history.join('\n')}`);
      assert.equal(states, maxStates);
    });

    it(`comes to an end of each move where ${scenario.name}, and nothing breaks any more`, () => {
      const endsWell = createLiveness(scenario, protocol);
      for (let seed = 1; seed <= walks; seed += 1) {
        const states: State[] = [];
        const found = walk(scenario, protocol, seed, (state) => void states.push(state));
        assert.equal(found, undefined, found && `${found.violation}:\n${found.history.join('\n')}`);
        for (const state of states.filter((_, index) => index % 10 === 0)) assert.equal(endsWell(state), undefined);
      }
    });
  }

  for (const { name, scenario, rules, violation } of mutations) {
    it(`finds ${name}, by the shortest history`, () => {
      const { found } = explore(scenario, rules, 60_000);
      assert.match(found?.violation ?? 'nothing was found', new RegExp(`^${violation}: `));
      assert(found!.history.length <= 10, found!.history.join('\n'));
    });
  }

  it('finds a move that is lost, where a controller never tries again', () => {
    const { faults } = scenarios;
    const rules = {
      ...protocol,
      decide: (...[leader, state, scenario]: Parameters<typeof protocol.decide>) =>
        protocol.decide(leader, state, scenario).filter((each) => each.kind !== 'move' || each.reason !== 'resumed'),
    };
    const endsWell = createLiveness(faults, rules);
    const lost: (string | undefined)[] = [];
    for (let seed = 1; seed <= walks; seed += 1) walk(faults, rules, seed, (state) => void lost.push(endsWell(state)));
    assert(lost.some((each) => each?.startsWith('lost: ')));
  });
});
