import assert from 'node:assert/strict';
import { createStore } from '../../src/policy/store.ts';
import { exclusionsOfPod } from '../../src/quarantine/node-exclusion.ts';
import { type NodeQuarantine, type QuarantinedOwner, ownerKeyOf } from '../../src/quarantine/quarantine.ts';
import { patchOf, startWebhook } from '../support/webhook.ts';

const owner = { namespace: 'shop', kind: 'Deployment', name: 'app' };
const until = '2026-01-01T00:00:00Z';
const untilMs = Date.parse(until);

const entry = (more: Partial<QuarantinedOwner> = {}): QuarantinedOwner => ({
  owner,
  check: 'temperature:',
  message: 'hot',
  since: '2025-01-01T00:00:00Z',
  until,
  affinity: 'Required',
  moves: [],
  ...more,
});

const quarantine = (node: string, owners: readonly QuarantinedOwner[]): NodeQuarantine => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'NodeQuarantine',
  metadata: { name: node },
  spec: { nodeName: node, bootId: '', scope: 'Owner', owners },
});

const metadata = {
  labels: { 'pod-template-hash': '5d8f' },
  ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app-5d8f', uid: '1', controller: true }],
};

/** The owner of a Pod of the Job of this name. */
const keyOf = (name: string) =>
  ownerKeyOf('shop', { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: name, controller: true }] });

const nodesAt = (store: ReturnType<typeof createStore>, nowMs: number): string[] =>
  exclusionsOfPod(store.scopeFor('shop', 0).exclusionsByOwner, 'shop', { metadata }, nowMs).map(
    ({ node, affinity }) => `${node} ${affinity}`,
  );

describe('the quarantines in the store', () => {
  it('keep an owner off until the moment in which they are over', () => {
    const store = createStore('health.example.com/');
    store.quarantines.reset([quarantine('node-b', [entry()]), quarantine('node-a', [entry()])]);
    assert.deepEqual(nodesAt(store, untilMs - 1), ['node-a Required', 'node-b Required']);
    assert.deepEqual(nodesAt(store, untilMs), []);
  });

  it('take a requirement for more than a wish, whatever their order', () => {
    const store = createStore('health.example.com/');
    const wish = entry({ affinity: 'Preferred', check: 'nvme:' });
    for (const owners of [
      [wish, entry()],
      [entry(), wish],
    ]) {
      store.quarantines.upsert(quarantine('node-a', owners));
      assert.deepEqual(nodesAt(store, 0), ['node-a Required']);
    }
    store.quarantines.upsert(quarantine('node-a', [wish]));
    assert.deepEqual(nodesAt(store, 0), ['node-a Preferred']);
  });

  it('know the CronJob by the Job of any minute, and a Job of a day by its own name', () => {
    for (const name of ['backup-29926080', 'backup-29926140']) {
      assert.deepEqual(keyOf(name), { namespace: 'shop', kind: 'CronJob', name: 'backup' });
    }
    for (const name of ['backup', 'backup-20300131', 'backup-2992608', 'backup-x29926080', '29926080']) {
      assert.deepEqual(keyOf(name), { namespace: 'shop', kind: 'Job', name });
    }
  });

  it('keep every Pod of a gang off, of whichever Job, and by an entry for its own Job too', () => {
    const store = createStore('health.example.com/');
    const train = { namespace: 'shop', kind: 'JobSet', name: 'train' };
    const one = { namespace: 'shop', kind: 'Job', name: 'train-workers-1' };
    store.quarantines.reset([
      quarantine('node-a', [entry({ owner: train })]),
      quarantine('node-b', [entry({ owner: one })]),
      quarantine('node-c', [entry({ owner: { ...train, name: 'other' } })]),
    ]);
    const nodesOf = (job: string, labels: Record<string, string>): string[] => {
      const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: job, uid: 'new', controller: true }];
      const { exclusionsByOwner } = store.scopeFor('shop', 0);
      return exclusionsOfPod(exclusionsByOwner, 'shop', { metadata: { labels, ownerReferences } }, 0).map(
        ({ node }) => node,
      );
    };
    const labels = { 'jobset.sigs.k8s.io/jobset-name': 'train' };
    assert.deepEqual(nodesOf('train-workers-0', labels), ['node-a']);
    assert.deepEqual(nodesOf('train-workers-1', labels), ['node-a', 'node-b']);
    assert.deepEqual(nodesOf('train-workers-0', {}), []);
  });

  it('change the generation with the spec, and not with the status', () => {
    const store = createStore('health.example.com/');
    const held = quarantine('node-a', [entry()]);
    store.quarantines.upsert(held);
    const before = store.generation();
    store.quarantines.upsert({ ...held, status: { observedGenerations: { one: 1 } } });
    assert.equal(store.generation(), before);
    store.quarantines.upsert(quarantine('node-a', [entry({ affinity: 'Preferred' })]));
    assert.equal(store.generation(), before + 1);
    store.quarantines.remove(held);
    assert.equal(store.generation(), before + 2);
    assert.deepEqual(nodesAt(store, 0), []);
  });
});

describe('an answer under a quarantine', () => {
  it('is not remembered beyond its end', async () => {
    const webhook = await startWebhook();
    const realNow = Date.now;
    try {
      webhook.store.quarantines.reset([quarantine('node-a', [entry()])]);
      const pod = { metadata, spec: { containers: [{ name: 'app', image: 'app:1' }] } };
      const paths = async (): Promise<string[]> => patchOf(await webhook.review(pod)).map(({ path }) => path);
      Date.now = () => untilMs - 1;
      const label = '/metadata/labels/health.example.com~1hardware';
      assert.deepEqual((await paths()).toSorted(), ['/metadata/annotations', label, '/spec/affinity']);
      Date.now = () => untilMs;
      assert.deepEqual(await paths(), []);
    } finally {
      Date.now = realNow;
      await webhook.stop();
    }
  });
});
