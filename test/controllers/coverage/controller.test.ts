import assert from 'node:assert/strict';
import { createEventRecorder } from '../../../src/kube/event-recorder.ts';
import { createOwnerResolver } from '../../../src/kube/owners.ts';
import { policiesPath } from '../../../src/policy/policy.ts';
import { runCoverageController } from '../../../src/controllers/coverage/controller.ts';
import { createControllerMetrics } from '../../../src/controllers/coverage/metrics.ts';
import type { RepairSettings } from '../../../src/controllers/coverage/repair.ts';

import { eventually } from '../../support/eventually.ts';
import { type MemoryApiserver, createMemoryApiserver } from '../../support/memory-apiserver.ts';
import { testContext } from '../../support/webhook.ts';

const pods = '/api/v1/pods';
const events = '/apis/events.k8s.io/v1/events';
const controlledBy = (kind: string, name: string) => [
  { apiVersion: 'apps/v1', kind, name, uid: `uid-${name}`, controller: true },
];

/** A naked redis of the Deployment `web`, an hour old. */
const pod = (name: string, rest: object = {}, labels: object = {}) => ({
  metadata: {
    name,
    namespace: 'shop',
    uid: name,
    labels,
    creationTimestamp: new Date(Date.now() - 3_600_000).toISOString(),
    ownerReferences: controlledBy('ReplicaSet', 'web-1'),
    ...rest,
  },
  spec: { containers: [{ name: 'redis', image: 'redis:7' }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});

const policy = (spec: object) => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'HealthPolicy',
  metadata: { name: 'caches', generation: 1 },
  spec,
});

const usual: RepairSettings = {
  percent: 100,
  windowMs: 600_000,
  minimumAgeMs: 1_000,
  mostPerOwner: 2,
  ownerWindowMs: 1_800_000,
};

/** A cluster with one policy, two of its Pods, and a controller that leads. */
function start(
  repair: RepairSettings | undefined,
  prepare: (apiserver: MemoryApiserver) => void = () => {},
  annotatedOnly = false,
) {
  const apiserver = createMemoryApiserver();
  apiserver.put(policiesPath, policy({ inject: { pattern: 'sidecar' } }));
  apiserver.put('/api/v1/namespaces', { metadata: { name: 'shop' } });
  apiserver.put('/apis/apps/v1/replicasets', {
    metadata: { name: 'web-1', namespace: 'shop', ownerReferences: controlledBy('Deployment', 'web') } as any,
  });
  apiserver.put(pods, pod('web-1-a'));
  apiserver.put(pods, pod('web-1-b'));
  prepare(apiserver);
  const stopping = new AbortController();
  const failures: string[] = [];
  const failed = (sentence: string): void => void failures.push(sentence);
  const metrics = createControllerMetrics();
  const { client } = apiserver;
  const reporter = { controller: 'health-injector', instance: 'test' };
  const recorder = { client, ...reporter, onOutcome: metrics.countEvent, onError: failed };
  const ended = runCoverageController(
    {
      client,
      context: { ...testContext, annotatedOnly },
      owners: createOwnerResolver(client),
      recorder: createEventRecorder(recorder, stopping.signal),
      metrics,
      repair,
      tickMs: 20,
      onError: failed,
      onAction: () => {},
    },
    stopping.signal,
  );
  const statusOf = () => apiserver.collectionAt(policiesPath).get('/caches')?.status ?? {};
  const told = (): any[] => [...apiserver.collectionAt(events).values()];
  const stop = async (): Promise<void> => {
    stopping.abort();
    await ended;
  };
  return { ...apiserver, failures, metrics, statusOf, told, stop };
}

/** How the apiserver refuses: the budget names itself in a cause alone. */
const budget = {
  message: 'Cannot evict pod as it would violate the disruption budget.',
  details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget web needs 2 healthy pods.' }] },
};

describe('the controller', () => {
  it('counts only annotated Pods where the webhook is asked about no others', async () => {
    const annotations = { 'health.example.com/pattern': 'sidecar' };
    const annotated = pod('web-1-c', { annotations });
    const { statusOf, metrics, sent, stop } = start(usual, ({ put }) => put(pods, annotated), true);
    await eventually('it is repaired', 5_000, async () => sent.some(({ path }) => path.endsWith('/eviction')));
    await eventually('it is counted', 5_000, async () =>
      /^health_injector_missed_pods 1$/m.test(await metrics.registry.metrics()),
    );
    await stop();
    assert.equal(statusOf().matched, 0);
    const evicted = sent.filter(({ path }) => path.endsWith('/eviction')).map(({ path }) => path);
    assert.deepEqual([...new Set(evicted)], ['/api/v1/namespaces/shop/pods/web-1-c/eviction']);
  });

  it('counts what a policy did, in its status and its metrics, and tells the Deployment of missed Pods', async () => {
    const { statusOf, told, metrics, failures, sent, stop } = start(undefined);
    await eventually('the count', 5_000, async () => statusOf().missed === 2);
    const { matched, injected, conditions } = statusOf();
    assert.deepEqual([matched, injected, conditions[0].status], [2, 0, 'True']);
    await eventually('the Event', 5_000, async () => told().length === 1);
    const [{ regarding, reason, note, type }] = told();
    assert.deepEqual(
      [regarding.kind, regarding.name, regarding.uid, type, reason],
      ['Deployment', 'web', 'uid-web', 'Warning', 'HealthCheckMissed'],
    );
    assert.match(note, /^Pod web-1-a runs without the health check that HealthPolicy caches asks for/);
    const text = await metrics.registry.metrics();
    assert.match(text, /^health_injector_missed_pods 2$/m);
    assert.match(text, /^health_injector_policy_pods\{policy="caches",state="missed"\} 2$/m);
    assert.deepEqual(failures, []);
    await stop();
    assert(!sent.some(({ path }) => path.endsWith('/eviction')), 'nothing is evicted');
  });

  it('judges all Pods again when a policy changes, and takes away what no longer counts', async () => {
    const { statusOf, put, stop } = start(undefined);
    await eventually('the count', 5_000, async () => statusOf().missed === 2);
    put(policiesPath, {
      ...policy({ mode: 'Audit' }),
      metadata: { name: 'caches', generation: 2 },
      status: statusOf(),
    });
    await eventually('the reason', 10_000, async () => statusOf().skipped?.audit === 2);
    assert.equal(statusOf().missed, 0);
    put(policiesPath, {
      ...policy({ inject: { pattern: 'sidecar' } }),
      metadata: { name: 'caches', generation: 3 },
      status: statusOf(),
    });
    await eventually('the count', 10_000, async () => statusOf().missed === 2);
    assert.deepEqual(statusOf().skipped, {});
    await stop();
  });

  it('lists the Pods of a namespace alone where it comes, changes or goes, and all Pods for a policy only', async () => {
    const asking = { 'health.example.com/inject': 'enabled' };
    const office = pod('office-1', { namespace: 'office', ownerReferences: [] });
    const { statusOf, metrics, reads, put, remove, stop } = start(undefined, ({ put: prepare }) =>
      prepare(pods, office),
    );
    const lists = () => reads.filter((path) => /\/pods\?/.test(path) && !path.includes('watch='));
    const missed = async (count: number) =>
      eventually(`${count} missed Pods`, 10_000, async () =>
        new RegExp(`^health_injector_missed_pods ${count}$`, 'm').test(await metrics.registry.metrics()),
      );
    await eventually('the count', 5_000, async () => statusOf().missed === 2);
    const before = lists().length;
    // Until its namespace is known, no policy speaks for a Pod.
    put('/api/v1/namespaces', { metadata: { name: 'office' } });
    await missed(3);
    put('/api/v1/namespaces', { metadata: { name: 'office', annotations: { touched: 'by another' } } as any });
    put('/api/v1/namespaces', {
      metadata: { name: 'office', labels: { 'health.example.com/inject': 'disabled' } } as any,
    });
    await missed(2);
    put('/api/v1/namespaces', { metadata: { name: 'office', labels: asking } as any });
    await missed(3);
    remove('/api/v1/namespaces', 'office');
    await missed(2);
    const during = lists().slice(before);
    assert.deepEqual([...new Set(during.map((path) => path.split('?')[0]))], ['/api/v1/namespaces/office/pods']);
    assert.equal(during.length, 4);
    put(policiesPath, { ...policy({ mode: 'Audit' }), metadata: { name: 'caches', generation: 2 } });
    await missed(0);
    assert.equal(lists().at(-1)?.split('?')[0], '/api/v1/pods');
    await stop();
  }).timeout(60_000);

  it('tells the Deployment after all, where its look-up failed at first', async () => {
    let failures = 1;
    const { told, stop } = start(undefined, ({ readRules }) => {
      readRules.push((path) =>
        path.endsWith('/replicasets/web-1') && failures-- > 0
          ? { status: 500, body: { message: 'etcd is away' } }
          : undefined,
      );
    });
    await eventually('the Event', 5_000, async () => told().some(({ regarding }) => regarding.kind === 'Deployment'));
    await stop();
  });

  it('says what is wrong with the annotations of a Pod, and with a policy', async () => {
    const { told, statusOf, stop } = start(undefined, ({ put }) => {
      put(policiesPath, policy({ inject: { pattern: 'port', check: 'redis://:6379' } }));
      put(pods, pod('bare', { annotations: { 'health.example.com/pattern': 'sidecars' }, ownerReferences: [] }));
    });
    await eventually('the Event', 5_000, async () => told().length === 1);
    const [{ regarding, reason, note }] = told();
    assert.deepEqual([regarding.kind, regarding.name, reason], ['Pod', 'bare', 'InvalidHealthAnnotation']);
    assert.match(note, /pattern: received "sidecars"/);
    await eventually('the condition', 5_000, async () => statusOf().conditions?.[0].status === 'False');
    assert.match(statusOf().conditions[0].message, /^spec\.inject\.check: received a redis check/);
    await stop();
  });

  it('replaces missed Pods one after the other, each by its uid', async () => {
    const { sent, collectionAt, put, stop } = start(usual);
    const evictions = () => sent.filter(({ path }) => path.endsWith('/eviction'));
    await eventually('the first eviction', 5_000, async () => evictions().length >= 1);
    assert.equal(evictions()[0]?.path, '/api/v1/namespaces/shop/pods/web-1-a/eviction');
    assert.equal(evictions()[0]?.body.deleteOptions.preconditions.uid, 'web-1-a');
    put(pods, { ...pod('web-1-c', { creationTimestamp: new Date().toISOString() }), status: { phase: 'Pending' } });
    await eventually('the rest', 5_000, async () => collectionAt(pods).size <= 2);
    await stop();
    assert(evictions().length <= 2);
  });

  it('tells of a budget that refuses, and tries again', async () => {
    const { sent, told, stop } = start(usual, ({ rules }) => {
      rules.push((_method, path) => (path.endsWith('/eviction') ? { status: 429, body: budget } : undefined));
    });
    await eventually('the Event', 5_000, async () =>
      told().some(({ reason }) => reason === 'HealthCheckRepairRefused'),
    );
    const { note } = told().find(({ reason }) => reason === 'HealthCheckRepairRefused');
    assert.match(note, /could not be replaced: The disruption budget web needs 2 healthy pods\./);
    await eventually('another try', 5_000, async () => sent.filter(({ status }) => status === 429).length > 2);
    await stop();
  });

  it('counts a replacement whose answer was lost, and goes on', async () => {
    const asked: string[] = [];
    const { failures, metrics, stop } = start({ ...usual, percent: 1 }, ({ rules, remove }) => {
      rules.push((_method, path) => {
        const [, name] = /([^/]+)\/eviction$/.exec(path) ?? [];
        if (name === undefined) return undefined;
        asked.push(name);
        remove(pods, name, 'shop');
        throw new Error('nothing more was heard within 35000 ms');
      });
    });
    await eventually('the eviction', 5_000, async () => asked.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await stop();
    assert.deepEqual(asked, ['web-1-a']);
    assert.deepEqual(failures, []);
    assert.match(await metrics.registry.metrics(), /repairs_total\{result="failed"\} 1/);
  });

  it('goes on where the apiserver does not answer as it should', async () => {
    let broken = 3;
    const { statusOf, failures, stop } = start(undefined, ({ rules }) => {
      rules.push((_method, path) =>
        path.endsWith('/status') && broken-- > 0 ? { status: 500, body: { message: 'etcd is away' } } : undefined,
      );
    });
    await eventually('the count', 5_000, async () => statusOf().missed === 2);
    assert.match(failures.join('\n'), /The status of HealthPolicy caches could not be written: 500, "etcd is away"\./);
    await stop();
  });
});
