import assert from 'node:assert/strict';
import { createClient } from '../../../src/kube/client.ts';
import { eventually } from '../../support/eventually.ts';
import { settle, slowEvictions, told, useLeaders } from './support/leader.ts';
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

  it('is let back where the quarantine was deleted or softened already, so that it waits for nothing any more', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world, { softenMs: 0 });
    await settle(world, 1);
    world.removeQuarantine('node-a');
    const first = setWaiting(world, 'web-1', ['node-a']);
    await eventually('its eviction', 2_000, async () => world.accepted.get(first) === 1);
    await told(leader, /^web-1 ReplacementUnschedulable .* kept off node-a, which is released by now: it is made anew/);
    assert.deepEqual(world.quarantines(), []);
  });

  it('is left alone where only a taint kept it off, which is a preference by then', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world, { scope: 'Node', softenMs: 0 });
    await settle(world, 1);
    const uid = setWaiting(world, 'web-1', []);
    await told(leader, /^web-1 ReplacementUnschedulable .* while it is kept off node-a/);
    const taints = () => (world.node('node-a').spec.taints ?? []).map(({ effect }: any) => effect);
    await eventually('the preference', 2_000, async () => taints().join() === 'PreferNoSchedule');
    assert.equal(world.quarantines()[0].spec.owners[0].affinity, 'Preferred');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(world.accepted.get(uid), undefined);
    assert.equal(leader.told.filter((text) => text.includes('ReplacementUnschedulable')).length, 1);
  });

  it('is let back where it asks for no check any more', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world, { softenMs: 0 });
    await settle(world, 1);
    const uid = setWaiting(world, 'web-1', ['node-a'], 'excluded');
    await eventually('its eviction', 2_000, async () => world.accepted.get(uid) === 1);
    await told(leader, /^web-1 ReplacementUnschedulable/);
    const counted = async () =>
      /health_injector_hardware_pods\{state="all"\} 1\b/.test(await leader.registry.metrics());
    await eventually('the next pass, which counts', 10_000, counted);
  });

  it('is let back in a dry run too, which leaves those that run where they are', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const mover = lead(world);
    await settle(world, 1);
    await mover.stop();
    const running = world.setPod('web-2', 'node-b', 'web', false);
    const leader = lead(world, { mode: 'dry-run', softenMs: 0 });
    const uid = setWaiting(world, 'web-1', ['node-a']);
    await eventually('its eviction', 2_000, async () => world.accepted.get(uid) === 1);
    await told(leader, /^web-2 MoveHeld .*only says what it would do/);
    assert.equal(world.quarantines()[0].spec.owners[0].affinity, 'Preferred');
    assert.equal(world.accepted.get(running.metadata.uid), undefined);
  });

  it('is let back once for all that wait like it, and the quarantine is softened once', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    lead(world, { softenMs: 0 });
    await settle(world, 1);
    const uids = Array.from({ length: 20 }, (_, index) => setWaiting(world, `web-${index + 1}`, ['node-a']));
    await eventually('all evictions', 3_000, async () => uids.every((uid) => world.accepted.get(uid) === 1));
    assert.equal(world.calls.filter((call) => call.startsWith('PUT')).length, 1);
  });

  it('is let back by writes that come after those of each of its nodes, never beside them', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    world.setPod('web-1', 'node-b', 'web', false);
    const writing = new Set<string>();
    const beside: string[] = [];
    const slow = createClient(async (request) => {
      if (request.method !== 'PUT' || !request.path.includes('nodequarantines')) return world.transport(request);
      if (writing.has(request.path)) beside.push(request.path);
      writing.add(request.path);
      await new Promise((resolve) => setTimeout(resolve, 300));
      writing.delete(request.path);
      return world.transport(request);
    });
    const leader = lead(world, { softenMs: 0 }, slow);
    await settle(world, 2);
    await eventually('both quarantines', 2_000, async () => world.quarantines().length === 2);
    const uid = setWaiting(world, 'web-9', ['node-a', 'node-b']);
    await eventually('the first of both', 2_000, async () => writing.size === 1);
    // By the time that node-b is written for web-9, it is being written for these.
    await new Promise((resolve) => setTimeout(resolve, 150));
    world.setPod('db-0', 'node-b', 'db', false);
    await eventually('its eviction', 5_000, async () => world.accepted.get(uid) === 1);
    await eventually('the other eviction', 5_000, async () => world.accepted.size === 4);
    assert.deepEqual(beside, []);
    const affinities = world.quarantines().map(({ spec }) => spec.owners.map(({ affinity }: any) => affinity));
    assert.deepEqual(affinities.toSorted(), [['Preferred'], ['Preferred', 'Required']]);
    assert.deepEqual(leader.failures, []);
  });

  it('is left alone where it has found a node while its eviction waited for its turn', async () => {
    const world = newWorld();
    for (let count = 0; count < 32; count += 1) world.setPod(`web-${count}`, 'node-a', `web-${count}`, false);
    const { client, sent, open } = slowEvictions(world);
    lead(world, { softenMs: 0 }, client);
    await eventually('as many evictions as are sent at a time', 10_000, async () => sent() === 32);
    const uid = setWaiting(world, 'late', ['node-b']);
    // Its eviction is decided by the next passes.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const late = world.pods().find(({ metadata }) => metadata.uid === uid);
    world.setAnyPod({ ...late, spec: { ...late.spec, nodeName: 'node-c' } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    open();
    await eventually('the evictions on their way', 10_000, async () => world.accepted.size >= 32);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(world.accepted.get(uid), undefined);
  });

  it('is left alone for longer where one came back as it was', async () => {
    const world = newWorld();
    lead(world, { softenMs: 0 });
    const first = setWaiting(world, 'web-1', ['node-a']);
    await eventually('its eviction', 2_000, async () => world.accepted.get(first) === 1);
    const second = setWaiting(world, 'web-2', ['node-a']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(world.accepted.get(second), undefined);
    await eventually('its eviction too', 2_000, async () => world.accepted.get(second) === 1);
  });
});
