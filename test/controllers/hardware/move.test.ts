import assert from 'node:assert/strict';
import { createClient } from '../../../src/kube/client.ts';
import { eventually } from '../../support/eventually.ts';
import { settle, useLeaders } from './support/leader.ts';

const status = (name: string) => ({
  name,
  ready: false,
  started: true,
  state: { running: { startedAt: '2020-01-01T00:00:00Z' } },
});

describe('a move off a sick node', () => {
  const { newWorld, lead } = useLeaders();

  it('is quarantine, acknowledgement, eviction, in this order, and is told with its reading', async () => {
    const world = newWorld();
    const { metadata } = world.setPod('web-0', 'node-a', 'web', true);
    const leader = lead(world);
    await eventually('the first look', 2_000, async () =>
      leader.registry
        .getSingleMetricAsString('health_injector_hardware_pods')
        .then((text) => text.includes('state="all"} 1')),
    );
    world.setPod('web-0', 'node-a', 'web', false);
    await settle(world, 1);
    const [quarantine] = world.quarantines();
    assert.equal(quarantine.spec.bootId, 'boot');
    assert.deepEqual(world.calls, [
      'POST /apis/health.example.com/v1alpha1/nodequarantines',
      'POST /api/v1/namespaces/shop/pods/web-0/eviction',
    ]);
    const [{ owner, check, message, affinity, moves }] = quarantine.spec.owners;
    assert.deepEqual(owner, { namespace: 'shop', kind: 'StatefulSet', name: 'web' });
    const says = 'its sidecar says "coretemp is 95 °C, more than 90 °C"';
    assert.deepEqual([check, message, affinity], ['temperature', `Pod shop/web-0: ${says}`, 'Required']);
    assert.deepEqual(
      moves.map(({ podUid }: any) => podUid),
      [metadata.uid],
    );
    await eventually('what is told', 2_000, async () => leader.told.length >= 3);
    assert.deepEqual(leader.told, [
      `web-0 HardwareFailed pod+node Pod shop/web-0 is not ready on node node-a: temperature: ${says}.`,
      `web-0 MovedOffNode pod+owner+node Pod shop/web-0 was evicted from node node-a: temperature: ${says}. Its replacements are kept off that node for 1 h, or until NodeQuarantine node-a is deleted.`,
      'web-0 ReplacementRunning owner Pod shop/web-0 runs on node node-b in the place of web-0, which was moved off node node-a.',
    ]);
    assert.deepEqual(leader.failures, []);
    assert.match(await leader.registry.metrics(), /hardware_move_seconds_count 1/);
  });

  it('is written after the moves that began before it on its node, and waits for no other node', async () => {
    const world = newWorld();
    const gate = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    let isFirst = true;
    const slow = createClient(async (request) => {
      const isHeld = isFirst && request.method === 'POST' && JSON.stringify(request.body).includes('"name":"node-a"');
      if (!isHeld) return world.transport(request);
      isFirst = false;
      await gate.promise;
      const response = await world.transport(request);
      ended.resolve();
      return response;
    });
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world, {}, slow);
    await eventually('the first write', 2_000, async () => !isFirst);
    world.setPod('db-0', 'node-a', 'db', false);
    world.setPod('api-0', 'node-b', 'api', false);
    await eventually('the move elsewhere', 2_000, async () => world.accepted.size === 1);
    assert.deepEqual(
      world.quarantines().map(({ spec }) => spec.nodeName),
      ['node-b'],
    );
    gate.resolve();
    await ended.promise;
    await eventually('all moves', 2_000, async () => world.accepted.size === 3);
    const ofNodeA = world.calls.filter((call) => call.includes('nodequarantines'));
    // The third one replaces the first: had it been a second creation, it would have conflicted.
    assert.deepEqual(ofNodeA, [
      'POST /apis/health.example.com/v1alpha1/nodequarantines',
      'POST /apis/health.example.com/v1alpha1/nodequarantines',
      'PUT /apis/health.example.com/v1alpha1/nodequarantines/node-a',
    ]);
    assert.deepEqual(leader.failures, []);
  });

  it('waits for no eviction on its node of which no answer comes', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    world.setFault((_method, path) => (path.includes('/web-0/') ? 'call, in silence' : undefined));
    lead(world);
    await eventually('the eviction', 2_000, async () => world.calls.some((call) => call.includes('/web-0/eviction')));
    world.setPod('db-0', 'node-a', 'db', false);
    await eventually('the other eviction', 2_000, async () => world.accepted.size === 1);
  });

  it('never writes two quarantines of a node at once, whatever fails when', async () => {
    const world = newWorld();
    const writing = new Map<string, number>();
    let most = 0;
    const slow = createClient(async (request) => {
      if (request.method === 'GET' || !request.path.includes('nodequarantines')) return world.transport(request);
      const { name } = (request.body as { metadata: { name: string } }).metadata;
      writing.set(name, (writing.get(name) ?? 0) + 1);
      most = Math.max(most, writing.get(name) ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 30));
      writing.set(name, (writing.get(name) ?? 0) - 1);
      return world.transport(request);
    });
    const leader = lead(world, {}, slow);
    for (let count = 0; count < 24; count += 1) {
      world.setPod(`web-${count}`, count % 3 === 0 ? 'node-b' : 'node-a', `web-${count}`, false);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await eventually('all moves', 5_000, async () => world.accepted.size === 24);
    assert.equal(most, 1);
    assert.deepEqual([...new Set(world.accepted.values())], [1]);
    assert.deepEqual(leader.failures, []);
  });

  it('goes on without the webhook after a while, and says so', async () => {
    const world = newWorld();
    world.setAcknowledges(false);
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world);
    await settle(world, 1);
    assert.match(leader.done.join('\n'), /was not acknowledged in time .*"missing":\["webhook"\]/);
  });

  it('is tried again while a PodDisruptionBudget refuses it, never forced, and told with advice', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    world.refused.add('web-0');
    const leader = lead(world);
    await eventually('the refusal', 2_000, async () => leader.told.some((text) => text.includes('MoveHeld')));
    assert.match(
      leader.told.join('\n'),
      /although temperature: its sidecar says "coretemp is 95 °C.*: The disruption budget web needs 1 healthy pods.*AlwaysAllow/,
    );
    assert(world.calls.every((call) => call.startsWith('POST')));
    world.refused.clear();
    await settle(world, 1);
    assert.equal(world.calls.filter((call) => call.includes('eviction')).length, 2);
    assert.equal(world.quarantines()[0].spec.owners[0].moves.length, 1);
  });

  it('is not made in a dry run, which writes nothing and says what it would do', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    const leader = lead(world, { mode: 'dry-run' });
    await eventually('what is told', 2_000, async () => leader.told.length === 2);
    assert.match(leader.told[1]!, /MoveHeld pod\+owner .*only says what it would do/);
    assert.deepEqual(world.calls, []);
  });

  it("tells what the kubelet's Events have where the check is an exec probe, and that nothing is known where nobody answers", async () => {
    const world = newWorld();
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', controller: true };
    const metadata = (name: string) => ({
      name,
      uid: name,
      namespace: 'shop',
      creationTimestamp: '2020-01-01T00:00:00Z',
      ownerReferences: [{ ...owner, name: `of-${name}`, uid: `of-${name}` }],
    });
    const done = JSON.stringify({ patterns: ['hardware'], added: ['train/readinessProbe'] });
    world.setAnyPod({
      metadata: {
        ...metadata('gpu-0'),
        labels: { 'health.example.com/hardware': 'move' },
        annotations: { 'health.example.com/status': done },
      },
      spec: { nodeName: 'node-a', containers: [{ name: 'train', readinessProbe: { exec: {} } }] },
      status: { phase: 'Running', containerStatuses: [status('train')] },
    });
    world.setAnyPod({
      metadata: { ...metadata('mute-0'), labels: { 'health.example.com/hardware': 'move' } },
      spec: {
        nodeName: 'node-a',
        containers: [{ name: 'x' }],
        initContainers: [{ name: 'health-probe-hardware', ports: [{ containerPort: 1 }] }],
      },
      status: { phase: 'Running', podIP: '127.0.0.1', initContainerStatuses: [status('health-probe-hardware')] },
    });
    const fieldPath = 'spec.containers{train}';
    world.addEvent('a', {
      lastTimestamp: '2030-01-01T00:00:02Z',
      message: 'Readiness probe failed: GPU 0 is lost (gpu)',
      involvedObject: { fieldPath },
    });
    world.addEvent('b', {
      lastTimestamp: '2030-01-01T00:00:01Z',
      message: 'Readiness probe failed: older (gpu)',
      involvedObject: { fieldPath },
    });
    const leader = lead(world);
    await eventually('both moves', 3_000, async () => world.accepted.size === 2);
    await eventually(
      'what is told',
      2_000,
      async () => leader.told.filter((text) => text.includes('MovedOffNode')).length === 2,
    );
    assert(
      leader.told.includes(
        'gpu-0 HardwareFailed pod+node Pod shop/gpu-0 is not ready on node node-a: gpu: its probe says "GPU 0 is lost".',
      ),
    );
    assert.match(
      leader.told.find((text) => text.startsWith('mute-0 HardwareFailed')) ?? '',
      /hardware: container health-probe-hardware is not ready, and its reading is not known: its sidecar could not be asked: connect ECONNREFUSED/,
    );
  });
});
