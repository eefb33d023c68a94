import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { HardwareSettings } from '../../../src/controller/hardware/situation.ts';
import { eventually } from '../../support/eventually.ts';
import { startLeader, startSidecar } from './support/leader.ts';
import { type World, createWorld } from './support/world.ts';

const nodes = ['node-a', 'node-b', 'node-c', 'node-d'];

const settle = (world: World, count: number) =>
  eventually('all Pods run elsewhere', 8_000, async () => {
    const pods = world.pods();
    return (
      pods.length === count &&
      pods.every(
        ({ metadata, status, spec }) =>
          !metadata.deletionTimestamp && status.conditions[0].status === 'True' && spec.nodeName !== 'node-a',
      )
    );
  });

const status = (name: string) => ({
  name,
  ready: false,
  started: true,
  state: { running: { startedAt: '2020-01-01T00:00:00Z' } },
});

describe('a move off a sick node', () => {
  let sidecar: { readonly port: number; readonly server: Server };
  let leaders: ReturnType<typeof startLeader>[] = [];
  before(async () => void (sidecar = await startSidecar()));
  after(() => sidecar.server.close());
  afterEach(async () => {
    await Promise.all(leaders.map((leader) => leader.stop()));
    leaders = [];
  });

  const newWorld = (): World => createWorld({ nodes, port: sidecar.port });
  const lead = (world: World, rules: Partial<HardwareSettings> = {}) => {
    const leader = startLeader(world, rules);
    leaders.push(leader);
    return leader;
  };
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
    assert.deepEqual([check, message, affinity], ['temperature', 'coretemp is 95 °C, more than 90 °C', 'Required']);
    assert.deepEqual(
      moves.map(({ podUid }: any) => podUid),
      [metadata.uid],
    );
    await eventually('what is told', 2_000, async () => leader.told.length >= 3);
    assert.deepEqual(leader.told, [
      'web-0 HardwareFailed pod+node temperature: coretemp is 95 °C, more than 90 °C.',
      'web-0 MovedOffNode pod+owner+node Pod shop/web-0 was evicted from node node-a: temperature: coretemp is 95 °C, more than 90 °C. Its replacements are kept off that node for 1 h, or until NodeQuarantine node-a is deleted.',
      'web-0 ReplacementRunning owner Pod shop/web-0 runs on node node-b in the place of web-0, which was moved off node node-a.',
    ]);
    assert.deepEqual(leader.failures, []);
    assert.match(await leader.registry.metrics(), /hardware_move_seconds_count 1/);
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
      /although temperature: coretemp is 95 °C.*: The disruption budget web needs 1 healthy pods.*AlwaysAllow/,
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
    await eventually('the hold', 5_000, async () => leader.told.some((text) => text.includes('somebody deleted')));
    assert(leader.told.some((text) => text.startsWith('node-a NodeReleased by hand')));
    await leader.stop();
    world.addEvent('x', {
      action: 'ReleaseByHand',
      eventTime: new Date().toISOString(),
      involvedObject: { name: 'node-a' },
    });
    const next = lead(world);
    await eventually('the hold of the next leader', 2_000, async () =>
      next.told.some((text) => text.includes('somebody deleted')),
    );
    assert.deepEqual(world.quarantines(), []);
    // Ready once, and sick again: that is news.
    world.refused.clear();
    world.setPod('web-0', 'node-a', 'web', true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    world.setPod('web-0', 'node-a', 'web', false);
    await settle(world, 1);
  });

  it('taints the node where it is asked to, and the taint goes with the quarantine', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    lead(world, { scope: 'Node' });
    const taints = () => world.node('node-a').spec.taints ?? [];
    await eventually('the taint', 2_000, async () => taints().length === 1);
    assert.deepEqual(taints(), [{ key: 'health.example.com/hardware', value: 'failed', effect: 'NoSchedule' }]);
    await settle(world, 1);
    world.removeQuarantine('node-a');
    await eventually('no taint', 2_000, async () => taints().length === 0);
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

  it('lets a replacement back that finds no other node, by making it anew', async () => {
    const world = newWorld();
    world.setPod('web-0', 'node-a', 'web', false);
    lead(world, { softenMs: 0 });
    await settle(world, 1);
    const [replacement] = world.pods();
    const terms = [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'NotIn', values: ['node-a'] }] }];
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } };
    const scheduled = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: "0/4 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 3 Insufficient cpu.",
      lastTransitionTime: new Date().toISOString(),
    };
    const { metadata } = world.setAnyPod({
      metadata: { ...replacement.metadata, name: 'web-1', uid: 'waiting' },
      spec: { containers: [{ name: 'app' }], affinity },
      status: { phase: 'Pending', conditions: [scheduled] },
    });
    await eventually('its eviction', 2_000, async () => world.accepted.get(metadata.uid) === 1);
    assert.equal(world.quarantines()[0].spec.owners[0].affinity, 'Preferred');
    const leader = leaders[0];
    await eventually('what is told', 2_000, async () =>
      leader?.told.some((text) => /^web-1 ReplacementUnschedulable .* while it is kept off node-a/.test(text)),
    );
  });

  it("tells what the kubelet's Events have where the check is an exec probe, and that nothing is known where nobody answers", async () => {
    const world = newWorld();
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', uid: 'gpu', controller: true };
    const metadata = (name: string) => ({
      name,
      uid: name,
      namespace: 'shop',
      creationTimestamp: '2020-01-01T00:00:00Z',
      ownerReferences: [{ ...owner, name: `of-${name}` }],
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
    assert(leader.told.includes('gpu-0 HardwareFailed pod+node gpu: GPU 0 is lost.'));
    assert.match(
      leader.told.find((text) => text.startsWith('mute-0 HardwareFailed')) ?? '',
      /hardware: container health-probe-hardware is not ready, and its reading is not known: its sidecar could not be asked: connect ECONNREFUSED/,
    );
  });

  for (const lost of ['call', 'answer'] as const) {
    for (const step of [0, 1, 2, 3, 5, 8]) {
      it(`survives a controller that dies when the ${lost} of its write ${step} is lost`, async () => {
        const world = newWorld();
        const owners = ['api', 'db', 'web', 'queue', 'batch', 'cache'];
        const pods = owners.map((owner) => world.setPod(`${owner}-0`, 'node-a', owner, false));
        const first: { leader?: ReturnType<typeof startLeader> } = {};
        let writes = 0;
        world.setFault(() => {
          if (writes++ !== step) return undefined;
          first.leader?.kill();
          return lost;
        });
        first.leader = lead(world, { percent: 25 });
        await eventually(
          'the death, or nothing left to do',
          3_000,
          async () => writes > step || world.pods().every(({ spec }) => spec.nodeName !== 'node-a'),
        );
        await first.leader.stop();
        lead(world, { percent: 25 });
        await settle(world, owners.length);
        for (const { metadata } of pods) assert.equal(world.accepted.get(metadata.uid), 1, metadata.name);
        assert.equal(world.accepted.size, owners.length);
        const [{ spec }, ...others] = world.quarantines();
        assert.deepEqual(others, []);
        assert.deepEqual(
          spec.owners.map(({ moves }: any) => moves.length),
          owners.map(() => 1),
        );
      });
    }
  }

  it('survives an apiserver that loses every third call or answer', async () => {
    const world = newWorld();
    const pods = Array.from({ length: 20 }, (_, index) => world.setPod(`web-${index}`, 'node-a', 'web', false));
    let writes = 0;
    world.setFault(() => ([undefined, 'call', undefined, undefined, 'answer', undefined] as const)[writes++ % 6]);
    lead(world);
    await settle(world, pods.length);
    for (const { metadata } of pods) assert.equal(world.accepted.get(metadata.uid), 1, metadata.name);
  });
});
