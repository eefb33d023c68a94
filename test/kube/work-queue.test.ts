import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createWorkQueue, runWorkers } from '../../src/kube/work-queue.ts';
import { virtualTime } from './support/virtual-clock.ts';

/** A queue in a time of its own. */
function start(backoff = { minMs: 1_000, maxMs: 8_000 }) {
  const time = virtualTime();
  const stop = new AbortController();
  const queue = createWorkQueue({ backoff, clock: time.clock() }, stop.signal);
  return { time, queue, stop };
}

/** The keys that a queue hands out to a worker that is never done with one by itself. */
function take({ queue }: ReturnType<typeof start>): readonly string[] {
  const taken: string[] = [];
  void (async () => {
    for (let key = await queue.get(); key !== undefined; key = await queue.get()) taken.push(key);
  })();
  return taken;
}

describe('a work queue', () => {
  it('hands out each key once, in the order in which it was added first', async () => {
    const all = start();
    for (const key of ['a', 'b', 'a', 'c', 'b']) all.queue.add(key);
    const taken = take(all);
    await all.time.pass(0);
    assert.deepEqual(taken, ['a', 'b', 'c']);
  });

  it('hands out a key that is worked on only when that is done, and once, however often it was added', async () => {
    const { queue, time, stop } = start();
    const taken = take({ queue, time, stop });
    queue.add('a');
    await time.pass(0);
    queue.add('a');
    queue.add('a');
    queue.add('b');
    await time.pass(0);
    assert.deepEqual(taken, ['a', 'b']);
    queue.done('a');
    await time.pass(0);
    assert.deepEqual(taken, ['a', 'b', 'a']);
    queue.done('a');
    await time.pass(0);
    assert.deepEqual(taken, ['a', 'b', 'a']);
  });

  it('adds a key after its time, the earliest of those that were set', async () => {
    const { queue, time, stop } = start();
    const taken = take({ queue, time, stop });
    queue.addAfter('a', 3_000);
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 2_000);
    queue.addAfter('b', 0);
    await time.pass(999);
    assert.deepEqual(taken, ['b']);
    await time.pass(1);
    assert.deepEqual(taken, ['b', 'a']);
    queue.done('a');
    await time.pass(10_000);
    assert.deepEqual(taken, ['b', 'a']);
  });

  it('adds a key that is given back with a time only then', async () => {
    const { queue, time, stop } = start();
    const taken = take({ queue, time, stop });
    queue.add('a');
    await time.pass(0);
    queue.addAfter('a', 500);
    queue.done('a');
    await time.pass(499);
    assert.deepEqual(taken, ['a']);
    await time.pass(1);
    assert.deepEqual(taken, ['a', 'a']);
  });

  it('ends for each worker that waits or comes, and adds nothing any more', async () => {
    const { time, queue, stop } = start();
    const waiting = queue.get();
    queue.addAfter('a', 1_000);
    stop.abort();
    assert.equal(await waiting, undefined);
    queue.add('b');
    await time.pass(5_000);
    assert.equal(await queue.get(), undefined);
  });
});

describe('the workers of a queue', () => {
  it('bring a key that failed again, after longer each time, and start anew when it succeeded', async () => {
    const { time, queue, stop } = start();
    const tries: number[] = [];
    const failures: string[] = [];
    let failing = 6;
    const ended = runWorkers(
      queue,
      {
        reconcile: async () => {
          tries.push(time.now());
          if (failing-- > 0) throw new Error('not yet');
        },
        onError: (key, { message }) => failures.push(`${key}: ${message}`),
      },
      stop.signal,
    );
    queue.add('a');
    await time.pass(120_000);
    assert.equal(tries.length, 7);
    assert.deepEqual(
      failures,
      Array.from({ length: 6 }, () => 'a: not yet'),
    );
    const waits = tries.slice(1).map((atMs, index) => atMs - (tries[index] ?? 0));
    for (const [index, waitMs] of waits.entries()) assert(waitMs <= Math.min(1_000 * 2 ** index, 8_000), `${waits}`);
    failing = 1;
    queue.add('a');
    const before = time.now();
    await time.pass(1_000);
    assert.equal(tries.length - waits.length - 1, 2);
    assert((tries.at(-1) ?? 0) - before <= 1_000, 'the backoff starts anew');
    stop.abort();
    await ended;
  });

  it('end only when their work has, and report nothing of it then', async () => {
    const { time, queue, stop } = start();
    const work = Promise.withResolvers<void>();
    let isEnded = false;
    const options = { reconcile: () => work.promise, onError: assert.fail };
    void runWorkers(queue, options, stop.signal).then(() => (isEnded = true));
    queue.add('a');
    await time.pass(0);
    stop.abort();
    await time.pass(1_000);
    assert.equal(isEnded, false);
    work.reject(new Error('aborted'));
    await time.pass(0);
    assert.equal(isEnded, true);
  });

  it('never work on one key twice at once, never on more keys than they are, and on the last state of each', async () => {
    const keys = ['a', 'b', 'c'];
    const step = fc.tuple(fc.constantFrom(...keys), fc.nat(300), fc.constantFrom('add', 'addAfter', 'addRateLimited'));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 3 }), async (steps, workers) => {
        const { time, queue, stop } = start({ minMs: 10, maxMs: 100 });
        const wanted = new Map<string, number>();
        const done = new Map<string, number>();
        const running = new Set<string>();
        let calls = 0;
        const reconcile = async (key: string): Promise<void> => {
          assert(!running.has(key), `${key} is worked on twice at once`);
          running.add(key);
          assert(running.size <= workers);
          const state = wanted.get(key) ?? 0;
          calls += 1;
          const isFailing = calls % 4 === 0;
          await time.sleep((calls * 37) % 120, stop.signal);
          running.delete(key);
          if (isFailing) throw new Error('now and then');
          done.set(key, state);
        };
        const ended = runWorkers(queue, { workers, reconcile, onError: () => {} }, stop.signal);
        for (const [key, waitMs, how] of steps) {
          await time.pass(waitMs);
          wanted.set(key, (wanted.get(key) ?? 0) + 1);
          if (how === 'add') queue.add(key);
          else if (how === 'addAfter') queue.addAfter(key, 50);
          else queue.addRateLimited(key);
        }
        await time.pass(60_000);
        assert.deepEqual([...done].toSorted(), [...wanted].toSorted());
        stop.abort();
        await ended;
      }),
      { numRuns: 60 },
    );
  });
});
