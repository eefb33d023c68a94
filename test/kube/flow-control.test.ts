import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createSemaphore, createTokenBuckets } from '../../src/kube/flow-control.ts';

describe('a semaphore', () => {
  it('is done in its order, never more of it at once, and also after a failure', async () => {
    const limit = createSemaphore(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const works = Array.from({ length: 6 }, (_, index) =>
      limit(async () => {
        order.push(index);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        if (index === 1) throw new Error('broken');
        return index;
      }),
    );
    const results = await Promise.allSettled(works);
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
    assert.equal(most, 2);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
    );
  });
});

describe('token buckets', () => {
  it('never let more happen than the burst and the time allow, and hold no more keys than they may', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(3_000));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const mayHappen = createTokenBuckets({ burst: 3, refillMs: 1_000, keys: 3 });
        let nowMs = 0;
        const happened: Record<string, number> = { a: 0, b: 0, c: 0 };
        for (const [key, waitMs] of steps) {
          nowMs += waitMs;
          if (mayHappen(key, nowMs)) happened[key]! += 1;
          assert(happened[key]! <= 3 + nowMs / 1_000);
        }
      }),
    );
    const small = createTokenBuckets({ burst: 1, refillMs: 1_000, keys: 2 });
    assert.deepEqual(
      ['a', 'a', 'b', 'c', 'c', 'a'].map((key) => small(key, 0)),
      [true, false, true, true, false, true],
    );
  });
});
