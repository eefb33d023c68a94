import assert from 'node:assert/strict';
import { decide } from '../../../src/controllers/hardware/decide.ts';
import { amountsOf, nodeShareOf, shortageOf } from '../../../src/controllers/hardware/gang-size.ts';
import type { HardwarePod } from '../../../src/controllers/hardware/pod.ts';
import { node, nowMs, pod, settings, snapshot } from './support/snapshot.ts';

const labels = { app: 'train' };

/** A Pod that asks for so many GPUs; more of its spec. */
const podOf = (gpus: string, spec: object = {}): any => ({
  metadata: { labels },
  spec: { containers: [{ name: 'worker', resources: { requests: { 'nvidia.com/gpu': gpus, cpu: '500m' } } }], ...spec },
});

const machine = amountsOf({ 'nvidia.com/gpu': '8', cpu: '32', memory: '1Ti' });
const shares = (count: number, ...args: Parameters<typeof podOf>) =>
  Array.from({ length: count }, () => nodeShareOf(podOf(...args)));

const antiAffinity = (term: object): object => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
});
const topologyKey = 'kubernetes.io/hostname';

describe('the room that the other nodes have for a gang', () => {
  it('is what their devices, processors and memory are enough for', () => {
    assert.equal(shortageOf(shares(6, '4'), [machine, machine, machine]), undefined);
    assert.deepEqual(shortageOf(shares(4, '8'), [machine, machine, machine]), { pods: 4, room: 3 });
    // Five of eight leave three that no other worker can take.
    assert.deepEqual(shortageOf(shares(4, '5'), [machine, machine, machine]), { pods: 4, room: 3 });
    assert.deepEqual(shortageOf(shares(65, '0'), [machine]), { pods: 65, room: 64 });
  });

  it('is nothing on a node that has no such device', () => {
    const plain = amountsOf({ cpu: '32' });
    assert.deepEqual(shortageOf(shares(2, '1'), [plain, plain]), { pods: 2, room: 0 });
  });

  it('is one Pod for each node where they may not be on one node', () => {
    const { room } = shortageOf(shares(3, '1', antiAffinity({ topologyKey, labelSelector: { matchLabels: labels } })), [
      machine,
      machine,
    ]) ?? { room: undefined };
    assert.equal(room, 2);
    const container = { name: 'worker', ports: [{ containerPort: 29_500, hostPort: 29_500 }] };
    assert.deepEqual(shortageOf(shares(2, '0', { containers: [container] }), [machine]), { pods: 2, room: 1 });
    const expression = { key: 'app', operator: 'In', values: ['train', 'other'] };
    const byExpression = antiAffinity({ topologyKey, labelSelector: { matchExpressions: [expression] } });
    assert(shortageOf(shares(3, '1', byExpression), [machine, machine]));
  });

  it('is not narrowed by an anti-affinity to other Pods, over racks, or of a form that is not read', () => {
    for (const term of [
      { topologyKey, labelSelector: { matchLabels: { app: 'other' } } },
      { topologyKey: 'example.com/rack', labelSelector: { matchLabels: labels } },
      { topologyKey, labelSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } },
      { topologyKey },
    ]) {
      assert.equal(shortageOf(shares(3, '1', antiAffinity(term)), [machine]), undefined);
    }
  });

  it('is counted for each kind of Pod by itself', () => {
    const gang = [...shares(8, '1'), ...shares(2, '8')];
    assert.deepEqual(shortageOf(gang, [machine]), { pods: 2, room: 1 });
  });

  it('is for no Pod where a quantity cannot be read, and for any where there are no requests', () => {
    assert.deepEqual(amountsOf({ cpu: 'much', memory: '1Gi' }).size, 1);
    assert.equal(shortageOf([nodeShareOf({})], [new Map()]), undefined);
  });
});

describe('a gang that is larger than the nodes that are left', () => {
  const gang = { namespace: 'shop', kind: 'JobSet', name: 'train', onEviction: 'setting' } as const;
  const decideOver = (nodeCount: number) => {
    const pods = Array.from({ length: 4 }, (_, index): HardwarePod =>
      pod(`w${index}`, `node-${index}`, {
        kind: 'JobSet',
        ownerText: 'train',
        gang,
        nodeShare: nodeShareOf(podOf('8')),
        failedMs: index === 0 ? 5_000 : 0,
      }),
    );
    const nodes = Array.from({ length: nodeCount }, (_, index) => node(`node-${index}`, { allocatable: machine }));
    const restart = { kind: 'whole' } as const;
    const owners = new Map(
      pods.map(({ uid, owner }) => [uid, { ownerUid: owner?.uid ?? '', kind: 'present' as const, restart }]),
    );
    return decide(snapshot({ pods, nodes, owners }), settings, nowMs);
  };

  it('stays, and the reason has the numbers', () => {
    const [held, ...others] = decideOver(4);
    assert.deepEqual(others, []);
    assert(held?.kind === 'hold');
    assert.equal(held.reason, 'gang-too-large');
    assert.equal(
      held.detail,
      'JobSet train has 4 Pods that are alike, and the other nodes have room for 3 of them at most, if they are empty',
    );
  });

  it('is moved as soon as there is one more node', () => {
    assert.deepEqual(
      decideOver(5).map(({ kind }) => kind),
      ['move'],
    );
  });

  it('is kept for few resources, whatever the author of a Pod writes', () => {
    const requests = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`example.com/r${index}`, '1']));
    const { requests: kept } = nodeShareOf(podOf('0', { containers: [{ name: 'worker', resources: { requests } }] }));
    assert.equal(kept.size, 16);
  });
});
