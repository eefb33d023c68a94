import assert from 'node:assert/strict';
import { createFactCache } from '../../../src/controllers/hardware/facts.ts';
import type { HardwarePod } from '../../../src/controllers/hardware/pod.ts';
import { pod } from './support/snapshot.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const [a, b, c] = ['a', 'b', 'c'].map((uid) => pod(uid, 'node-0')) as [HardwarePod, HardwarePod, HardwarePod];

/** A cache whose fetches end when the test says so, each with the fact before it and a sign. */
function held() {
  const open = new Map<string, (sign: string) => void>();
  const stop = new AbortController();
  let changes = 0;
  const cache = createFactCache<string>(
    {
      fetch: ({ uid }, before = '', signal) =>
        new Promise((resolve, reject) => {
          open.set(uid, (sign) => resolve(before + sign));
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
      onChange: () => (changes += 1),
    },
    stop.signal,
  );
  return { cache, open, stop: () => stop.abort(), changes: () => changes };
}

describe('a cache of facts', () => {
  it('fetches once at a time for each Pod, gives the fact before to the next fetch, and tells of each answer', async () => {
    const { cache, open, changes } = held();
    cache.refresh([a, a], 10);
    cache.refresh([a], 10);
    assert.deepEqual([[...open.keys()], cache.get('a')], [['a'], undefined]);
    open.get('a')?.('1');
    await settled();
    assert.deepEqual([cache.get('a'), changes()], ['1', 1]);
    cache.refresh([a], 10);
    assert.equal(cache.get('a'), '1');
    open.get('a')?.('2');
    await settled();
    assert.deepEqual([cache.get('a'), changes()], ['12', 2]);
  });

  it('has no more fetches in flight than it is asked for', async () => {
    const { cache, open } = held();
    cache.refresh([a, b, c], 2);
    assert.deepEqual([...open.keys()], ['a', 'b']);
    open.get('a')?.('1');
    await settled();
    cache.refresh([c], 1);
    assert(!open.has('c'));
    cache.refresh([c], 2);
    assert(open.has('c'));
  });

  it('forgets a Pod that it is not asked to retain, also one whose answer comes later', async () => {
    const { cache, open } = held();
    cache.refresh([a, b], 10);
    open.get('a')?.('1');
    await settled();
    cache.retain(() => false);
    assert.equal(cache.get('a'), undefined);
    open.get('b')?.('1');
    await settled();
    cache.retain(() => false);
    assert.equal(cache.get('b'), undefined);
  });

  it('is silent about what its end breaks off', async () => {
    const { cache, stop } = held();
    cache.refresh([a], 10);
    stop();
    await settled();
    assert.equal(cache.get('a'), undefined);
  });
});
