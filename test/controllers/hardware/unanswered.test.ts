import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { createClient } from '../../../src/kube/client.ts';
import { answer } from '../../kube/support/answer.ts';
import { eventually } from '../../support/eventually.ts';
import { useLeaders } from './support/leader.ts';
import type { World } from './support/world.ts';

const nodes = ['node-a', 'node-b', 'node-c', 'node-d'];

/** A client whose watch of the quarantines says nothing; `failsFirst`: its first write there is done and answered by 500. */
const withoutWatch = (world: World, failsFirst = false) => {
  let isFirst = failsFirst;
  return createClient(async (request) => {
    if (isFirst && request.method === 'POST' && request.path.endsWith('nodequarantines')) {
      isFirst = false;
      await world.transport(request);
      return answer(500, { message: 'etcdserver: request timed out' });
    }
    const isWatch = request.path.includes('nodequarantines') && request.path.includes('watch=');
    return isWatch ? { ...answer(200, {}), body: new PassThrough() } : world.transport(request);
  });
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

describe('a quarantine of which it is not known whether it was written', () => {
  const { newWorld, lead } = useLeaders();

  it('counts for the brake until an answer says so, however late the watch is', async () => {
    const world = newWorld();
    for (const name of nodes) world.setPod(`of-${name}`, name, name, false);
    let writes = 0;
    world.setFault(() => (writes++ < 2 ? 'answer' : undefined));
    lead(world, { percent: 25 }, withoutWatch(world));
    await eventually('the move', 5_000, async () => world.accepted.size > 0);
    await pause(500);
    assert.deepEqual([world.quarantines().length, world.accepted.size], [1, 1]);
  });

  it('counts also where its Pod recovers meanwhile', async () => {
    const world = newWorld();
    for (const name of nodes) world.setPod(`of-${name}`, name, name, false);
    let writes = 0;
    world.setFault(() => (writes++ === 0 ? 'answer' : undefined));
    lead(world, { percent: 25 }, withoutWatch(world));
    await eventually('the quarantine', 3_000, async () => world.quarantines().length === 1);
    const [{ spec }] = world.quarantines();
    world.setPod(`of-${spec.nodeName}`, spec.nodeName, spec.nodeName, true);
    await pause(800);
    assert.deepEqual([world.quarantines().length, world.accepted.size], [1, 0]);
  });

  it('counts also where the apiserver says that it failed, as where its store answered too late', async () => {
    const world = newWorld();
    for (const name of nodes) world.setPod(`of-${name}`, name, name, false);
    lead(world, { percent: 25 }, withoutWatch(world, true));
    await eventually('the move', 5_000, async () => world.accepted.size > 0);
    await pause(500);
    assert.deepEqual([world.quarantines().length, world.accepted.size], [1, 1]);
  });

  it('is not written again after a person has deleted it', async () => {
    const world = newWorld();
    world.setPod('of-node-a', 'node-a', 'web', false);
    let writes = 0;
    world.setFault(() => {
      if (writes++ > 0) return undefined;
      setTimeout(() => world.removeQuarantine('node-a'), 50);
      return 'answer';
    });
    lead(world);
    await eventually('the write', 3_000, async () => writes > 0);
    await pause(800);
    assert.deepEqual([world.quarantines().length, world.accepted.size], [0, 0]);
  });

  it('counts also where its Pod is gone meanwhile', async () => {
    const world = newWorld();
    world.setPod('of-node-a', 'node-a', 'node-a', false);
    const gate = Promise.withResolvers<void>();
    let isHeld = false;
    const slow = createClient(async (request) => {
      if (isHeld || request.method !== 'POST') return world.transport(request);
      isHeld = true;
      await gate.promise;
      return world.transport(request);
    });
    lead(world, { percent: 25 }, slow);
    await eventually('the write', 3_000, async () => isHeld);
    world.remove('/api/v1/pods', 'of-node-a');
    for (const name of nodes.slice(1)) world.setPod(`of-${name}`, name, name, false);
    await pause(500);
    gate.resolve();
    await eventually('the quarantine', 3_000, async () => world.quarantines().length > 0);
    await pause(300);
    assert.deepEqual(
      world.quarantines().map(({ spec }) => spec.nodeName),
      ['node-a'],
    );
  });
});
