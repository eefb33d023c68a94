import assert from 'node:assert/strict';
import { deleteQuarantine, withMoves, writeQuarantine } from '../../../src/controllers/hardware/quarantines.ts';
import type { Client } from '../../../src/kube/client.ts';
import type { NodeQuarantine } from '../../../src/quarantine/quarantine.ts';
import { pod } from './support/snapshot.ts';
import { createWorld } from './support/world.ts';

const { signal } = new AbortController();
const beginning = { nodeName: 'node-a', bootId: 'boot', scope: 'Owner' } as const;
const reading = { check: 'temperature', message: '95 C >= 90 C' };

/** An edit that adds the move of one Pod, and what is held to write it over. */
const add = (uid: string) => (spec: NodeQuarantine['spec'] | undefined) =>
  withMoves(spec, beginning, [{ pod: pod(uid, 'node-a'), reading }], { ttlMs: 60_000, now: new Date() });
/** Adds the move of one Pod to the quarantine, by what is held of that. */
const write = (client: Client, held: NodeQuarantine | undefined, uid: string) =>
  writeQuarantine(client, { nodeName: 'node-a', cached: held, edit: add(uid) }, signal);
const newWorld = () => createWorld({ nodes: ['node-a'], port: 1 });
const owners = (quarantine: NodeQuarantine | undefined) => quarantine?.spec.owners.map(({ owner }) => owner.name);

describe('a quarantine is written', () => {
  it('over what others wrote meanwhile, of which nothing is lost', async () => {
    const { client } = newWorld();
    const first = await write(client, undefined, 'a');
    // Nobody has told this one that there is a quarantine, nor the next that it has changed.
    const second = await write(client, undefined, 'b');
    const third = await write(client, first, 'c');
    assert.deepEqual(
      [owners(first), owners(second), owners(third)].map((names) => names?.join()),
      ['a-owner', 'a-owner,b-owner', 'a-owner,b-owner,c-owner'],
    );
  });

  it('not at all where it has everything already', async () => {
    const world = newWorld();
    const first = await write(world.client, undefined, 'a');
    assert.equal(await write(world.client, first, 'a'), first);
    assert.equal(world.calls.length, 1);
  });

  it('not again where somebody has deleted it', async () => {
    const world = newWorld();
    world.setAcknowledges(false);
    const first = await write(world.client, undefined, 'a');
    world.removeQuarantine('node-a');
    assert.equal(await write(world.client, first, 'b'), undefined);
    assert.deepEqual(world.quarantines(), []);
  });

  it('and deleted only as it was seen', async () => {
    const world = newWorld();
    world.setAcknowledges(false);
    const first = await write(world.client, undefined, 'a');
    const second = await write(world.client, first, 'b');
    assert(first && second);
    assert.equal(await deleteQuarantine(world.client, first, signal), false);
    assert.equal(await deleteQuarantine(world.client, second, signal), true);
    assert.equal(await deleteQuarantine(world.client, second, signal), true);
    assert.deepEqual(world.quarantines(), []);
  });
});
