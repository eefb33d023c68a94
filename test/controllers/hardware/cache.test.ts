import assert from 'node:assert/strict';
import { createHardwareCache } from '../../../src/controllers/hardware/cache.ts';
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

  it('is not an earlier one of the same node', () => {
    const { cache, released } = newCache();
    cache.quarantineHandler.onUpsert(of('a', { uid: 'next' }));
    cache.quarantineHandler.onDelete(of('a'));
    assert.deepEqual([released, cache.quarantines.size], [[], 1]);
  });
});

describe('a quarantine that was written', () => {
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
