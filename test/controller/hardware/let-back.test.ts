import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { settle, told, useLeaders } from './support/leader.ts';
import { setWaiting } from './support/waiting.ts';

describe('a Pod that waits for a node', () => {
  const { newWorld, lead } = useLeaders();

  it('is let back to the one that it is kept off, by being made anew', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world, { softenMs: 0 });
    await settle(world, 1);
    const uid = setWaiting(world, 'web-1', ['node-a']);
    await eventually('its eviction', 2_000, async () => world.accepted.get(uid) === 1);
    assert.equal(world.quarantines()[0].spec.owners[0].affinity, 'Preferred');
    await told(leader, /^web-1 ReplacementUnschedulable .* while it is kept off node-a/);
  });
});
