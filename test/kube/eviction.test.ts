import assert from 'node:assert/strict';
import { createClient } from '../../src/kube/client.ts';
import { evict } from '../../src/kube/eviction.ts';
import { answer } from './support/answer.ts';

/** What becomes of an eviction that is answered so. */
const evicted = (status: number, body: object) => {
  const client = createClient(async () => answer(status, body));
  return evict(client, { namespace: 'shop', name: 'web', uid: 'uid' }, { signal: new AbortController().signal });
};

describe('an eviction', () => {
  it('is refused where a budget says so, and has failed where the apiserver is only busy', async () => {
    const causes = [
      { reason: 'DisruptionBudget', message: 'The disruption budget web needs 1 healthy pods and has 0 currently' },
    ];
    assert.deepEqual(await evicted(429, { message: 'Cannot evict pod', details: { causes } }), {
      result: 'refused',
      message: 'The disruption budget web needs 1 healthy pods and has 0 currently',
    });
    assert.deepEqual(await evicted(429, { message: 'too many requests' }), {
      result: 'failed',
      message: '429, "too many requests"',
    });
  });

  it('is of the very Pod or of none', async () => {
    assert.deepEqual(await evicted(201, {}), { result: 'evicted' });
    assert.deepEqual(await evicted(404, {}), { result: 'gone' });
    assert.deepEqual(await evicted(409, {}), { result: 'gone' });
  });
});
