import assert from 'node:assert/strict';
import { acknowledgeQuarantines } from '../../src/cluster/acknowledge.ts';
import type { Connection } from '../../src/cluster/connection.ts';
import type { NodeQuarantine } from '../../src/quarantine/quarantine.ts';
import { answer } from './support/answer.ts';
import { virtualTime } from './support/virtual-clock.ts';

const quarantine = (name: string, generation: number, seenBy: Record<string, number> = {}): NodeQuarantine => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'NodeQuarantine',
  metadata: { name, uid: `uid-${name}`, generation },
  spec: { nodeName: name, bootId: '', scope: 'Owner', owners: [] },
  status: { seenBy },
});

/** A replica named `one`, and an apiserver that answers with the next of `statuses`, then with 200. */
function replica(...statuses: number[]) {
  const time = virtualTime();
  const patches: string[] = [];
  const failures: string[] = [];
  const connection: Connection = {
    get: () => Promise.reject(new Error('nothing is read')),
    send: async (method, path, body) => {
      const name = path.replace(/^.*nodequarantines\//, '');
      patches.push(`${method} ${name} ${JSON.stringify(body)}`);
      const status = statuses.shift() ?? 200;
      if (status === 0) throw new Error('connection refused');
      return answer(status, { message: 'no' });
    },
  };
  const stop = new AbortController();
  const failed = (sentence: string): void => void failures.push(sentence);
  const follower = acknowledgeQuarantines(connection, 'one', failed, stop.signal, time.clock());
  return { time, patches, failures, follower, stop };
}

const seen = (name: string, generation: number): string =>
  `PATCH ${name}/status {"status":{"seenBy":{"one":${generation}}}}`;

describe('the acknowledgement of a quarantine', () => {
  it('is written once for each generation, whatever others write', async () => {
    const { time, patches, follower } = replica();
    follower.reset([quarantine('a', 1), quarantine('b', 3, { one: 3 }), quarantine('c', 2, { one: 1 })]);
    follower.upsert(quarantine('a', 1, { one: 1 }));
    follower.upsert(quarantine('a', 1, { other: 1 }));
    await time.pass(1_000);
    assert.deepEqual(patches, [seen('a', 1), seen('c', 2)]);
    follower.upsert(quarantine('a', 2, { one: 1 }));
    await time.pass(1_000);
    assert.deepEqual(patches.slice(2), [seen('a', 2)]);
  });

  it('is tried again until it is written, and each failure is told', async () => {
    const { time, patches, failures, follower } = replica(0, 403, 500);
    follower.upsert(quarantine('a', 1));
    await time.pass(10_000);
    assert.deepEqual(
      patches,
      [1, 1, 1, 1].map((generation) => seen('a', generation)),
    );
    assert.deepEqual(failures, [
      'NodeQuarantine a could not be acknowledged: connection refused.',
      'NodeQuarantine a could not be acknowledged: the answer was 403, "no".',
      'NodeQuarantine a could not be acknowledged: the answer was 500, "no".',
    ]);
  });

  it('goes on with the others, and with the newest, where one fails', async () => {
    const { time, patches, follower } = replica(500);
    follower.reset([quarantine('a', 1), quarantine('b', 1)]);
    follower.upsert(quarantine('a', 2));
    await time.pass(10_000);
    assert.deepEqual(patches.toSorted(), [seen('a', 1), seen('a', 2), seen('b', 1)]);
  });

  it('ends with the quarantine, which may come again', async () => {
    const { time, patches, failures, follower } = replica(500, 404);
    const held = quarantine('a', 1);
    follower.upsert(held);
    follower.remove(held);
    await time.pass(10_000);
    assert.deepEqual(patches, [seen('a', 1)]);
    follower.reset([]);
    follower.upsert(held);
    await time.pass(10_000);
    assert.deepEqual([patches.length, failures.length], [2, 1]);
  });
});
