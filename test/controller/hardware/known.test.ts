import assert from 'node:assert/strict';
import { createKnown } from '../../../src/controller/hardware/known.ts';
import type { NodeQuarantine } from '../../../src/quarantine/quarantine.ts';
import { quarantine } from './support/situation.ts';

const of = (name: string, metadata: object = {}): NodeQuarantine => {
  const made = quarantine(name);
  return { ...made, metadata: { ...made.metadata, uid: `uid-${name}`, generation: 1, ...metadata } };
};

/** What is known, and the nodes that persons have released. */
function follower() {
  const released: string[] = [];
  const known = createKnown(
    'health.example.com/',
    () => {},
    (node) => void released.push(node),
  );
  return { known, released };
}

describe('a quarantine that is gone', () => {
  it('was released by a person, unless the controller has deleted it', () => {
    const { known, released } = follower();
    for (const name of ['a', 'b', 'c']) known.ofQuarantines.upsert(of(name));
    known.ofQuarantines.remove(of('a'));
    known.expectDeletion('uid-b', true);
    known.ofQuarantines.remove(of('b'));
    known.expectDeletion('uid-c', true);
    known.expectDeletion('uid-c', false);
    known.ofQuarantines.remove(of('c'));
    assert.deepEqual(released, ['a', 'c']);
    assert.equal(known.quarantines.size, 0);
  });

  it('is also one that only waits for a finalizer, and one that a later list lacks', () => {
    const { known, released } = follower();
    known.ofQuarantines.reset([of('a'), of('b')]);
    known.ofQuarantines.upsert(of('a', { deletionTimestamp: new Date() }));
    known.ofQuarantines.reset([]);
    assert.deepEqual(released, ['a', 'b']);
  });

  it('is not one that was written while an older list came', () => {
    const { known, released } = follower();
    known.keepWritten(of('a'));
    known.ofQuarantines.reset([]);
    assert.deepEqual(released, []);
  });

  it('is not an earlier one of the same node', () => {
    const { known, released } = follower();
    known.ofQuarantines.upsert(of('a', { uid: 'next' }));
    known.ofQuarantines.remove(of('a'));
    assert.deepEqual([released, known.quarantines.size], [[], 1]);
  });
});

describe('a quarantine that was written', () => {
  it('is known at once, and not undone by what comes late', () => {
    const { known } = follower();
    known.keepWritten(of('a', { generation: 3 }));
    known.ofQuarantines.upsert(of('a', { generation: 2 }));
    assert.equal(known.quarantines.get('a')?.metadata.generation, 3);
    known.ofQuarantines.upsert(of('a', { generation: 3, resourceVersion: 'with-status' }));
    assert.equal(known.quarantines.get('a')?.metadata.resourceVersion, 'with-status');
    known.keepWritten(of('a', { generation: 3, resourceVersion: 'without' }));
    assert.equal(known.quarantines.get('a')?.metadata.resourceVersion, 'with-status');
  });
});
