import assert from 'node:assert/strict';
import { toHardwareNode } from '../../../src/controllers/hardware/nodes.ts';
import { type HardwarePod, toObservedPod, trackPod } from '../../../src/controllers/hardware/pod.ts';

const prefix = 'health.example.com/';
const startedAt = '2030-01-01T12:00:00Z';
const startMs = Date.parse(startedAt);
const sidecar = 'health-probe-hardware';

type Wish = {
  readonly ready?: boolean;
  readonly startedAt?: string;
  readonly state?: object;
  readonly turnedAt?: string;
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
};

const podOf = (wish: Wish): any => ({
  metadata: {
    uid: 'uid',
    name: 'web-1',
    namespace: 'shop',
    creationTimestamp: startedAt,
    labels: { [`${prefix}hardware`]: 'move' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'web', controller: true }],
    ...wish.metadata,
  },
  spec: {
    nodeName: 'node-a',
    containers: [{ name: 'app' }],
    initContainers: [
      {
        name: sidecar,
        ports: [{ containerPort: 9_442 }],
        readinessProbe: { periodSeconds: 5, failureThreshold: 2, initialDelaySeconds: 1 },
      },
    ],
    ...wish.spec,
  },
  status: {
    phase: 'Running',
    conditions: [
      {
        type: 'ContainersReady',
        status: wish.ready === false ? 'False' : 'True',
        lastTransitionTime: wish.turnedAt ?? startedAt,
      },
    ],
    initContainerStatuses: [
      {
        name: sidecar,
        ready: wish.ready ?? true,
        started: true,
        state: wish.state ?? { running: { startedAt: wish.startedAt ?? startedAt } },
      },
    ],
    ...wish.status,
  },
});
const record = (wish: Wish, nowMs = startMs + 60_000, before?: HardwarePod): HardwarePod =>
  trackPod(toObservedPod(podOf(wish), prefix), before, nowMs);
const since = (pod: HardwarePod): number | undefined => pod.failing && pod.failing.sinceMs - startMs;

const cli = (status: object) => ({
  metadata: { annotations: { [`${prefix}status`]: JSON.stringify(status) } },
  spec: {
    initContainers: [],
    containers: [
      { name: 'gpu', readinessProbe: { exec: { command: ['/x'] } } },
      { name: 'app', readinessProbe: { httpGet: {} } },
    ],
  },
  status: {
    containerStatuses: ['gpu', 'app'].map((name) => ({
      name,
      ready: false,
      started: true,
      state: { running: { startedAt } },
    })),
  },
});

const owner = (kind: string) => ({ ownerReferences: [{ kind, name: 'x', uid: 'x', controller: true }] });

const mounting = (volume: object, mount: object) => ({
  spec: {
    nodeName: 'node-a',
    volumes: [{ name: 'v', ...volume }],
    containers: [{ name: 'app', volumeMounts: [{ name: 'v', ...mount }] }],
  },
});

const nodeOf = (spec: object, ready = 'True') =>
  toHardwareNode(
    {
      metadata: { name: 'n' },
      spec,
      status: { nodeInfo: { bootID: 'b' }, conditions: [{ type: 'Ready', status: ready }] },
    } as any,
    prefix,
  );

const taint = (key: string, effect: string) => ({ taints: [{ key, effect }] });

const notIn = (key: string, ...values: string[]) => ({ key, operator: 'NotIn', values });
const waiting = (message: string, { terms = [], added = [] }: { terms?: object[]; added?: string[] } = {}): Wish => ({
  metadata: { annotations: { [`${prefix}status`]: JSON.stringify({ added }) } },
  spec: {
    containers: [],
    nodeName: undefined,
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
  },
  status: {
    phase: 'Pending',
    conditions: [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: startedAt },
    ],
  },
});

const pinned = (key: string): Wish => ({
  metadata: { annotations: { [key]: 'kubernetes.io/hostname' }, labels: { [`${prefix}hardware`]: 'move' } },
  spec: { nodeSelector: { 'kubernetes.io/hostname': 'node-a' }, containers: [] },
});

describe('what is kept of a Pod with a hardware check', () => {
  it('is who it is, and where its check can be asked', () => {
    const { uid, node, ownerText, target, failing, ineligible } = record({});
    assert.deepEqual(
      { uid, node, ownerText, target, failing, ineligible },
      {
        uid: 'uid',
        node: 'node-a',
        ownerText: 'shop/StatefulSet/web',
        target: { mode: 'sidecar', containers: [sidecar], port: 9_442 },
        failing: undefined,
        ineligible: undefined,
      },
    );
  });

  it('is that it fails since it was first seen not ready after having been ready', () => {
    const ready = record({}, startMs + 10_000);
    const failing = record({ ready: false }, startMs + 20_000, ready);
    assert.equal(since(failing), 20_000);
    assert.equal(since(record({ ready: false }, startMs + 30_000, failing)), 20_000);
    const again = record({}, startMs + 40_000, failing);
    assert.equal(again.failing, undefined);
    assert.equal(since(record({ ready: false }, startMs + 50_000, again)), 50_000);
  });

  it('is since when by its conditions, where nobody saw it', () => {
    assert.equal(since(record({ ready: false, turnedAt: '2030-01-01T12:00:30Z' })), 30_000);
  });

  it('is that it fails from when its first probes must have failed, where it never was ready', () => {
    assert.equal(since(record({ ready: false }, startMs + 2_000)), 11_000);
  });

  it('is nothing of a container that is not up, or was only started again', () => {
    assert.equal(record({ ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } }).failing, undefined);
    const ready = record({}, startMs + 10_000);
    const restarted = record({ ready: false, startedAt: '2030-01-01T12:01:00Z' }, startMs + 61_000, ready);
    assert.equal(since(restarted), 71_000);
    const notUp = {
      initContainerStatuses: [{ name: sidecar, ready: false, started: false, state: { running: { startedAt } } }],
    };
    assert.equal(record({ status: notUp }).failing, undefined);
  });

  it('is nothing of a Pod whose work is done, since its sidecar is told to stop', () => {
    const done = {
      containerStatuses: [{ name: 'app', ready: false, state: { terminated: { exitCode: 0 } } }],
    };
    assert.equal(record({ ready: false, status: done }).failing?.container, undefined);
  });

  it('is the readiness of its own container where the check is an exec probe there, as the status annotation says', () => {
    const pod = record(cli({ patterns: ['hardware'], added: ['gpu/readinessProbe', 'app/readinessProbe'] }));
    assert.deepEqual(pod.target, { mode: 'cli', containers: ['gpu'], port: 0 });
    assert.equal(pod.failing?.container, 'gpu');
    const ofOther = { mode: 'cli', containers: ['other'] };
    const both = { patterns: ['cli', 'hardware'], added: ['gpu/readinessProbe'], hardware: ofOther };
    for (const status of [
      both,
      { patterns: ['cli'], added: ['gpu/readinessProbe'] },
      { patterns: ['hardware'] },
      'x',
      null,
    ]) {
      assert.equal(record(cli(status as object)).failing, undefined);
    }
  });

  it('is a device that the kubelet calls unhealthy', () => {
    const resources = [{ resourceID: 'GPU-1', health: 'Unhealthy', message: 'Xid 79' }];
    const status = {
      containerStatuses: [
        { name: 'app', ready: true, allocatedResourcesStatus: [{ name: 'example.com/gpu', resources }] },
      ],
    };
    const before = record({}, startMs + 4_000);
    const failing = {
      container: 'app',
      sinceMs: startMs + 5_000,
      input: 'device',
      message: 'example.com/gpu GPU-1 is Unhealthy: Xid 79',
      device: { resource: 'example.com/gpu', id: 'GPU-1' },
    };
    assert.deepEqual(record({ status }, startMs + 5_000, before).failing, failing);
    // Nothing says since when: nobody who sees it first knows that it did not fail all the Pod's life.
    const unseen = record({ status }, startMs + 5_000);
    assert.deepEqual(unseen.failing, { ...failing, earliestMs: startMs });
    assert.deepEqual(record({ status }, startMs + 9_000, unseen).failing, unseen.failing);
  });

  it('is no failure of one that asks for no check, and is followed because it is kept off a node', () => {
    const resources = [{ resourceID: 'GPU-1', health: 'Unhealthy' }];
    const allocatedResourcesStatus = [{ name: 'example.com/gpu', resources }];
    const kept = record({
      metadata: { labels: { [`${prefix}hardware`]: 'excluded' } },
      spec: { initContainers: [] },
      status: { containerStatuses: [{ name: 'app', ready: true, allocatedResourcesStatus }] },
    });
    assert.deepEqual([kept.isChecked, kept.failing], [false, undefined]);
  });

  it('is that it leaves, for good', () => {
    const leaving = record({ metadata: { deletionTimestamp: startedAt } });
    assert(leaving.isDeleting);
    assert(record({}, startMs, leaving).isDeleting);
    assert(record({ status: { phase: 'Failed' } }).isDeleting);
  });

  it('is why it is never moved', () => {
    const refusals: readonly (readonly [Wish, string | undefined])[] = [
      [{ metadata: { ownerReferences: [] } }, 'bare'],
      [{ metadata: owner('DaemonSet') }, 'daemon-set'],
      [{ metadata: owner('Node') }, 'static-pod'],
      [{ metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' }, ...owner('Node') } }, 'static-pod'],
      [{ metadata: { labels: { [`${prefix}hardware`]: 'report' } } }, 'report'],
      [{ spec: { nodeSelector: { 'kubernetes.io/hostname': 'node-a' }, containers: [] } }, 'pinned'],
      [mounting({ hostPath: { path: '/data' } }, {}), 'local-data'],
      [mounting({ hostPath: { path: '/sys' } }, { readOnly: true }), undefined],
      [mounting({ hostPath: { path: '/dev/x', type: 'CharDevice' } }, {}), undefined],
      [mounting({ emptyDir: {} }, {}), undefined],
      [{ metadata: owner('Job') }, undefined],
    ];
    for (const [wish, refusal] of refusals) assert.equal(record(wish).ineligible, refusal, JSON.stringify(wish));
  });

  it('is whether Kueue has placed it on its node by name', () => {
    for (const each of ['required', 'preferred', 'unconstrained']) {
      const { ineligible, isPinnedByKueue } = record(pinned(`kueue.x-k8s.io/podset-${each}-topology`));
      assert.deepEqual([ineligible, isPinnedByKueue], [undefined, true]);
    }
    const { ineligible, isPinnedByKueue } = record(pinned('example.com/other'));
    assert.deepEqual([ineligible, isPinnedByKueue], ['pinned', false]);
    assert(!record({}).isPinnedByKueue);
  });

  it('is that it waits for a node because of its node affinity, and which nodes the webhook keeps it off by that', () => {
    const ofUser = [notIn('kubernetes.io/hostname', 'node-u'), notIn('zone', 'z')];
    const terms = [
      { matchExpressions: ofUser, matchFields: [notIn('metadata.name', 'node-b')] },
      { matchFields: [notIn('metadata.name', 'node-b'), notIn('metadata.name', 'node-c')] },
    ];
    const text = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector.";
    const pod = record(waiting(text, { terms, added: ['nodeAffinity/node-b', 'nodeAffinity/node-c'] }));
    assert.deepEqual([pod.unschedulableSinceMs, pod.excludedNodes, pod.node], [startMs, ['node-b', 'node-c'], '']);
    assert.equal(
      record(waiting('0/2 nodes are available: 1 node(s) had untolerated taint(s).')).unschedulableSinceMs,
      startMs,
    );
    assert.equal(record(waiting('0/2 nodes are available: 2 Insufficient cpu.')).unschedulableSinceMs, undefined);
  });

  it("is no node that only the user's own terms keep it off, nor one that only the status names", () => {
    const text = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.";
    const own = [
      { matchExpressions: [notIn('kubernetes.io/hostname', 'node-a')] },
      { matchFields: [notIn('metadata.name', 'node-b')] },
      { matchFields: [notIn('metadata.name', 'node-a', 'node-b')] },
    ];
    assert.deepEqual(record(waiting(text, { terms: own, added: ['nodeAffinity/node-a'] })).excludedNodes, []);
  });
});

describe('what is kept of a node', () => {
  it('is whether Pods may come to it, its own taint aside', () => {
    const { conditions, allocatable, ...others } = nodeOf({});
    assert.deepEqual(others, {
      name: 'n',
      bootId: 'b',
      pool: '',
      isReady: true,
      isSchedulable: true,
      taint: '',
      kubelet: '',
      deviceResources: [],
      disruptionSign: undefined,
    });
    assert.equal(allocatable.size, 0);
    assert.deepEqual(
      conditions.map(({ type, status }) => [type, status]),
      [['Ready', 'True']],
    );
    assert(!nodeOf({}, 'Unknown').isReady);
    assert(!nodeOf({ unschedulable: true }).isSchedulable);
    assert(!nodeOf(taint('node.kubernetes.io/disk-pressure', 'NoSchedule')).isSchedulable);
    assert(!nodeOf(taint('node-role.kubernetes.io/control-plane', 'NoSchedule')).isSchedulable);
    assert(nodeOf(taint('node.kubernetes.io/x', 'PreferNoSchedule')).isSchedulable);
    // Machines with GPUs are tainted for the Pods that tolerate it, and these are they.
    assert(nodeOf(taint('nvidia.com/gpu', 'NoSchedule')).isSchedulable);
    const ours = nodeOf(taint(`${prefix}hardware`, 'NoSchedule'));
    assert.deepEqual([ours.isSchedulable, ours.taint], [true, 'NoSchedule']);
  });
});
