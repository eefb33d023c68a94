import assert from 'node:assert/strict';
import { createHardwareCache } from '../../../src/controllers/hardware/cache.ts';
import { toObservedPod } from '../../../src/controllers/hardware/pod.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import type { NodeQuarantine } from '../../../src/quarantine/quarantine.ts';
import { quarantine } from './support/snapshot.ts';

const of = (name: string, metadata: object = {}): NodeQuarantine => {
  const made = quarantine(name);
  return { ...made, metadata: { ...made.metadata, uid: `uid-${name}`, generation: 1, ...metadata } };
};

/** A cache, and the nodes that persons have released. */
function newCache() {
  const released: string[] = [];
  const cache = createHardwareCache({ onChange: () => {}, onManualRelease: (node) => void released.push(node) });
  return { cache, released };
}

describe('a quarantine that is gone', () => {
  it('was released by a person, unless the controller has deleted it', () => {
    const { cache, released } = newCache();
    for (const name of ['a', 'b', 'c']) cache.quarantineHandler.onUpsert(of(name));
    cache.quarantineHandler.onDelete(of('a'));
    cache.expectDeletion('uid-b', true);
    cache.quarantineHandler.onDelete(of('b'));
    cache.expectDeletion('uid-c', true);
    cache.expectDeletion('uid-c', false);
    cache.quarantineHandler.onDelete(of('c'));
    assert.deepEqual(released, ['a', 'c']);
    assert.equal(cache.quarantines.size, 0);
  });

  it('is also one that only waits for a finalizer, and one that a later list lacks', () => {
    const { cache, released } = newCache();
    cache.quarantineHandler.onReplace([of('a'), of('b')]);
    cache.quarantineHandler.onUpsert(of('a', { deletionTimestamp: new Date() }));
    cache.quarantineHandler.onReplace([]);
    assert.deepEqual(released, ['a', 'b']);
  });

  it('is not one that was written while an older list came', () => {
    const { cache, released } = newCache();
    cache.storeWritten(of('a'));
    cache.quarantineHandler.onReplace([]);
    assert.deepEqual(released, []);
  });

  it('does not come back by the answer to a write that the watch was faster than', () => {
    const { cache, released } = newCache();
    cache.quarantineHandler.onUpsert(of('a'));
    cache.quarantineHandler.onDelete(of('a'));
    cache.storeWritten(of('a'));
    assert.deepEqual([released, cache.quarantines.size], [['a'], 0]);
    cache.storeWritten(of('a', { uid: 'next' }));
    assert.equal(cache.quarantines.size, 1);
  });

  it('is not an earlier one of the same node', () => {
    const { cache, released } = newCache();
    cache.quarantineHandler.onUpsert(of('a', { uid: 'next' }));
    cache.quarantineHandler.onDelete(of('a'));
    assert.deepEqual([released, cache.quarantines.size], [[], 1]);
  });
});

describe('a quarantine that was written', () => {
  it('is not taken for an earlier one of the same node, of which the watch still delivers what it was', () => {
    const { cache, released } = newCache();
    cache.storeWritten(of('a'));
    cache.expectDeletion('uid-a', true);
    cache.drop(of('a'));
    cache.storeWritten(of('a', { uid: 'next' }));
    cache.quarantineHandler.onUpsert(of('a', { generation: 2 }));
    assert.equal(cache.quarantines.get('a')?.metadata.uid, 'next');
    cache.quarantineHandler.onDelete(of('a', { generation: 2 }));
    assert.deepEqual([released, cache.quarantines.get('a')?.metadata.uid], [[], 'next']);
  });

  it('stands for a minute although a list that began before the write lacks it, and then was released by a person', () => {
    const { cache, time } = timed();
    cache.storeWritten(of('a'));
    cache.storeWritten(of('b'));
    cache.quarantineHandler.onReplace([]);
    assert.equal(cache.quarantines.size, 2);
    cache.quarantineHandler.onUpsert(of('a'));
    time.nowMs += 61_000;
    cache.settle();
    assert.deepEqual([...cache.quarantines.keys()], ['a']);
    assert.deepEqual([...cache.manualReleases.keys()], ['b']);
  });

  it('is known at once, and not undone by what comes late', () => {
    const { cache } = newCache();
    cache.storeWritten(of('a', { generation: 3 }));
    cache.quarantineHandler.onUpsert(of('a', { generation: 2 }));
    assert.equal(cache.quarantines.get('a')?.metadata.generation, 3);
    cache.quarantineHandler.onUpsert(of('a', { generation: 3, resourceVersion: 'with-status' }));
    assert.equal(cache.quarantines.get('a')?.metadata.resourceVersion, 'with-status');
    cache.storeWritten(of('a', { generation: 3, resourceVersion: 'without' }));
    assert.equal(cache.quarantines.get('a')?.metadata.resourceVersion, 'with-status');
  });
});

/** A cache whose clock stands still, and how often it has asked for a pass. */
function timed() {
  const time = { nowMs: Date.parse('2030-01-01T12:00:00Z'), changes: 0 };
  const clock = { ...systemClock, date: () => new Date(time.nowMs) };
  const cache = createHardwareCache({ clock, onChange: () => (time.changes += 1), onManualRelease: () => {} });
  return { cache, time, sinceMs: () => cache.pods.get('a')?.failing?.sinceMs };
}

describe('a Pod in the cache', () => {
  const sidecar = 'health-probe-hardware';
  const observe = (ready: boolean) =>
    toObservedPod(
      {
        metadata: { uid: 'a', name: 'web-0', namespace: 'shop', labels: { 'health.example.com/hardware': 'move' } },
        spec: { nodeName: 'node-a', containers: [{ name: 'app' }], initContainers: [{ name: sidecar }] },
        status: {
          initContainerStatuses: [
            { name: sidecar, ready, started: true, state: { running: { startedAt: '2020-01-01T00:00:00Z' } } },
          ],
        },
      } as any,
      'health.example.com/',
    );

  it('fails since the version in which it was first seen to fail, over a new list too, and only that asks for a pass', () => {
    const { cache, time, sinceMs } = timed();
    cache.podHandler.onUpsert(observe(true));
    assert.equal(time.changes, 0);
    time.nowMs += 5_000;
    const begunMs = time.nowMs;
    cache.podHandler.onUpsert(observe(false));
    assert.deepEqual([sinceMs(), time.changes], [begunMs, 1]);
    time.nowMs += 5_000;
    cache.podHandler.onUpsert(observe(false));
    assert.deepEqual([sinceMs(), time.changes], [begunMs, 1]);
    cache.podHandler.onReplace([observe(false)]);
    assert.equal(sinceMs(), begunMs);
    cache.podHandler.onUpsert(observe(true));
    assert.deepEqual([sinceMs(), time.changes], [undefined, 3]);
  });

  it('stays on its way out once its eviction was accepted, whatever comes late', () => {
    const { cache } = timed();
    cache.podHandler.onUpsert(observe(false));
    cache.markEvicted('a');
    cache.podHandler.onUpsert(observe(false));
    assert.equal(cache.pods.get('a')?.isDeleting, true);
    cache.podHandler.onDelete(observe(false));
    assert.equal(cache.pods.size, 0);
  });
});
