import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { createHardwareCache } from '../../../src/controllers/hardware/cache.ts';
import { createHardwareMetrics } from '../../../src/controllers/hardware/metrics.ts';
import { release } from '../../../src/controllers/hardware/release.ts';
import { type Transport, createClient } from '../../../src/kube/client.ts';
import { createSemaphore } from '../../../src/kube/flow-control.ts';
import { answer } from '../../kube/support/answer.ts';
import { eventually } from '../../support/eventually.ts';
import { settle, slowEvictions, told, useLeaders } from './support/leader.ts';
import { quarantine } from './support/snapshot.ts';

describe('a quarantine in the hands of a controller', () => {
  const { newWorld, lead, asked } = useLeaders();

  it('is not made again after a person has deleted the quarantine, also by the next leader', async () => {
    const world = newWorld();
    world.refused.add('web-0');
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world);
    await eventually(
      'the quarantine',
      2_000,
      async () => world.quarantines().length === 1 && leader.told.some((text) => text.includes('MoveHeld')),
    );
    world.removeQuarantine('node-a');
    await eventually('the hold', 5_000, async () => leader.told.some((text) => text.includes('a person deleted')));
    assert(leader.told.some((text) => text.startsWith('node-a NodeReleased by hand')));
    await leader.stop();
    world.addEvent('x', {
      action: 'ReleaseByHand',
      eventTime: new Date().toISOString(),
      involvedObject: { name: 'node-a' },
    });
    const next = lead(world);
    await eventually('the hold of the next leader', 2_000, async () =>
      next.told.some((text) => text.includes('a person deleted')),
    );
    assert.deepEqual(world.quarantines(), []);
    // Ready once, and sick again: that is news.
    world.refused.clear();
    world.setPod('web-0', 'node-a', 'web', true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    world.setPod('web-0', 'node-a', 'web', false);
    await settle(world, 1);
  });

  it('ends the move that waits for the webhook where a person deletes it meanwhile', async () => {
    const world = newWorld();
    world.setAcknowledges(false);
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world);
    await eventually('the quarantine', 2_000, async () => world.quarantines().length === 1);
    world.removeQuarantine('node-a');
    await told(leader, /^web-0 MoveHeld .*a person deleted/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual([world.accepted.size, world.quarantines()], [0, []]);
  });

  it('ends the evictions that wait for their turn where a person deletes it meanwhile', async () => {
    const world = newWorld();
    for (let count = 0; count < 40; count += 1) world.setPod(`web-${count}`, 'node-a', `web-${count}`, false);
    const { client, sent, open } = slowEvictions(world);
    const leader = lead(world, {}, client);
    await eventually('as many evictions as are sent at a time', 10_000, async () => sent() === 32);
    world.removeQuarantine('node-a');
    await told(leader, /^node-a NodeReleased by hand/);
    open();
    await eventually('the evictions on their way', 10_000, async () => world.accepted.size >= 32);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual([sent(), world.accepted.size, world.quarantines()], [32, 32, []]);
  });

  it('is not made again by a move that waits for its turn to write it where a person deletes it meanwhile', async () => {
    const world = newWorld();
    for (let count = 0; count < 32; count += 1) world.setPod(`web-${count}`, 'node-a', `web-${count}`, false);
    const { client, sent, open } = slowEvictions(world);
    const leader = lead(world, {}, client);
    await eventually('as many evictions as are sent at a time', 10_000, async () => sent() === 32);
    const before = asked();
    world.setPod('late', 'node-a', 'late', false);
    await eventually('the reading of one more', 10_000, async () => asked() > before);
    // Its move is decided by the next passes.
    await new Promise((resolve) => setTimeout(resolve, 300));
    world.removeQuarantine('node-a');
    await told(leader, /^node-a NodeReleased by hand/);
    open();
    await eventually('the evictions on their way', 10_000, async () => world.accepted.size === 32);
    await told(leader, /^late MoveHeld .*a person deleted/);
    assert.deepEqual([sent(), world.quarantines()], [32, []]);
  });

  it('taints the node where it is asked to, and the taint goes with the quarantine', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    lead(world, { scope: 'Node' });
    const taints = () => world.node('node-a').spec.taints ?? [];
    await eventually('the taint', 2_000, async () => taints().length === 1);
    const wrote = world.calls.map((call) => call.split(' ')[0]);
    assert(wrote.slice(0, 2).join() === 'POST,PATCH', 'the taint comes before the eviction');
    assert.deepEqual(taints(), [{ key: 'health.example.com/hardware', value: 'failed', effect: 'NoSchedule' }]);
    await settle(world, 1);
    world.removeQuarantine('node-a');
    await eventually('no taint', 2_000, async () => taints().length === 0);
  });

  it('is taken back in a dry run as before, and so is its taint, but none is set', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const mover = lead(world, { scope: 'Node', ttlMs: 1_000 });
    await settle(world, 1);
    await mover.stop();
    const taints = () => world.node('node-a').spec.taints ?? [];
    assert.equal(taints().length, 1);
    const leader = lead(world, { scope: 'Node', mode: 'dry-run' });
    await told(leader, /^node-a NodeReleased .*its time is over/);
    await eventually('no taint', 2_000, async () => taints().length === 0);
    assert.deepEqual(world.quarantines(), []);
    const calls = world.calls.length;
    world.addQuarantine('node-b', 'Node');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(world.calls.length, calls);
  });

  it('gives its node back when its time is over, which is not taken for a person', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world, { ttlMs: 300 });
    await settle(world, 1);
    await eventually('the release', 2_000, async () => world.quarantines().length === 0);
    await eventually('what is told', 2_000, async () => leader.told.some((text) => text.includes('NodeReleased')));
    assert(leader.told.includes('node-a NodeReleased Node node-a is released from its quarantine: its time is over.'));
  });

  it('gives each owner back by itself', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    lead(world, { ttlMs: 1_000 });
    await settle(world, 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    world.setPod('db-0', 'node-a', 'db', false);
    await settle(world, 2);
    const owners = () => world.quarantines().flatMap(({ spec }) => spec.owners.map(({ owner }: any) => owner.name));
    await eventually('one owner less', 3_000, async () => owners().join() === 'db');
    await eventually('no quarantine', 3_000, async () => world.quarantines().length === 0);
  });

  it('is deleted by the next try where the first broke off, and that was no person', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    let isRefused = true;
    world.setFault((method) => (method === 'DELETE' && isRefused ? 'call' : undefined));
    const leader = lead(world, { ttlMs: 300 });
    await settle(world, 1);
    await eventually('the failure', 3_000, async () =>
      leader.failures.some((text) => text === 'Node node-a was not released: socket hang up.'),
    );
    isRefused = false;
    await eventually('no quarantine', 3_000, async () => world.quarantines().length === 0);
    assert(!leader.told.some((text) => text.includes('by hand')));
  });

  it('says of a Pod that is never moved why, and of one that came back that it did', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world, { minimumAgeMs: 60_000 });
    await settle(world, 1);
    const bare = world.setPod('bare-0', 'node-b', 'bare', false);
    world.setAnyPod({ ...bare, metadata: { ...bare.metadata, ownerReferences: [] } });
    assert.match(
      await told(leader, /^bare-0 MoveRefused/),
      /MoveRefused pod\+owner .*: it has no owner that makes it anew/,
    );
    world.setPod('web-1', 'node-a', 'web', true, 0);
    assert.match(
      await told(leader, /^web-1 ReplacementCameBack/),
      /pod\+owner\+node .*counts as one of its owner's moves/,
    );
  });
});

/** The nodes that count as released by hand where the deletion ended like this and the watch then reports one. */
async function releasedByHand(transport: Transport) {
  const byHand: string[] = [];
  const failures: string[] = [];
  const cache = createHardwareCache({ onChange: () => {}, onManualRelease: (node) => void byHand.push(node) });
  const stored = quarantine('node-a');
  stored.metadata.uid = 'uid-a';
  cache.quarantineHandler.onUpsert(stored);
  const events = { record: () => assert.fail(), released: () => assert.fail(), idle: async () => {} };
  const onError = (sentence: string): void => void failures.push(sentence);
  const metrics = createHardwareMetrics(new Registry());
  const prefix = 'health.example.com/';
  const deps = { client: createClient(transport), prefix, cache, events, metrics, onError, writes: createSemaphore(1) };
  await release({ kind: 'release', reason: 'expired', node: 'node-a' }, deps, new AbortController().signal);
  cache.quarantineHandler.onDelete(stored);
  return { byHand, failures };
}

describe('a quarantine that goes away after the controller failed to delete it', () => {
  it('was deleted by a person where the apiserver had refused it', async () => {
    assert.deepEqual(await releasedByHand(async () => answer(403, { message: 'forbidden' })), {
      byHand: ['node-a'],
      failures: ['Node node-a was not released: NodeQuarantine node-a: the answer was 403, "forbidden".'],
    });
    assert.deepEqual(await releasedByHand(async () => answer(409, { message: 'conflict' })), {
      byHand: ['node-a'],
      failures: [],
    });
  });

  it('was deleted by the controller where no answer had come', async () => {
    assert.deepEqual(await releasedByHand(() => Promise.reject(new Error('socket hang up'))), {
      byHand: [],
      failures: ['Node node-a was not released: socket hang up.'],
    });
  });
});
