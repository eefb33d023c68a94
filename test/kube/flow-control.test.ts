import assert from 'node:assert/strict';
import { createSemaphore } from '../../src/kube/flow-control.ts';
import { createBell } from '../../src/kube/bell.ts';

describe('work with a bound', () => {
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

describe('a bell', () => {
  it('wakes who waits, whether it rang before or rings then, and once', async () => {
    const { signal } = new AbortController();
    const bell = createBell();
    bell.ring();
    await bell.wait(60_000, signal);
    const waiting = bell.wait(60_000, signal);
    bell.ring();
    await waiting;
    let isOver = false;
    const last = bell.wait(20, signal).then(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isOver, false);
    await last;
  });

  it('wakes when it is over', async () => {
    const stop = new AbortController();
    const waiting = createBell().wait(60_000, stop.signal);
    stop.abort();
    await waiting;
    await createBell().wait(60_000, stop.signal);
  });
});
