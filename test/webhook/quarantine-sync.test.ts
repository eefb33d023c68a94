import assert from 'node:assert/strict';
import { createClient } from '../../src/kube/client.ts';
import type { NodeQuarantine } from '../../src/quarantine/quarantine.ts';
import { createGenerationReporter } from '../../src/webhook/quarantine-sync.ts';
import { answer } from '../kube/support/answer.ts';
import { virtualTime } from '../kube/support/virtual-clock.ts';

const quarantine = (
  name: string,
  generation: number,
  observedGenerations: Record<string, number> = {},
): NodeQuarantine => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'NodeQuarantine',
  metadata: { name, uid: `uid-${name}`, generation },
  spec: { nodeName: name, bootId: '', scope: 'Owner', owners: [] },
  status: { observedGenerations },
});

/** A replica named `one`, and an apiserver that answers with the next of `statuses`, then with 200. */
function replica(...statuses: number[]) {
  const time = virtualTime();
  const patches: string[] = [];
  const failures: string[] = [];
  const clock = time.clock();
  const client = createClient(
    async ({ method, path, body }) => {
      const name = path.replace(/^.*nodequarantines\//, '');
      patches.push(`${method} ${name} ${JSON.stringify(body)}`);
      const status = statuses.shift() ?? 200;
      if (status === 0) throw new Error('connection refused');
      return answer(status, { message: 'no' });
    },
    { clock },
  );
  const stop = new AbortController();
  const onError = (sentence: string): void => void failures.push(sentence);
  const reporter = createGenerationReporter({ client, replica: 'one', onError, clock }, stop.signal);
  return { time, patches, failures, reporter, stop };
}

const seen = (name: string, generation: number): string =>
  `PATCH ${name}/status {"status":{"observedGenerations":{"one":${generation}}}}`;

describe('the acknowledgement of a quarantine', () => {
  it('is written once for each generation, whatever others write', async () => {
    const { time, patches, reporter } = replica();
    reporter.onReplace([quarantine('a', 1), quarantine('b', 3, { one: 3 }), quarantine('c', 2, { one: 1 })]);
    await time.pass(1_000);
    reporter.onUpsert(quarantine('a', 1, { one: 1 }));
    reporter.onUpsert(quarantine('a', 1, { other: 1 }));
    await time.pass(1_000);
    assert.deepEqual(patches, [seen('a', 1), seen('c', 2)]);
    reporter.onUpsert(quarantine('a', 2, { one: 1 }));
    await time.pass(1_000);
    assert.deepEqual(patches.slice(2), [seen('a', 2)]);
  });

  it('takes the names of replicas away that are gone long since, where there are many', async () => {
    const { time, patches, reporter } = replica();
    const gone = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`old-${at}`, at + 1]));
    reporter.onUpsert(quarantine('a', 101, gone));
    await time.pass(1_000);
    const { observedGenerations } = JSON.parse(patches[0]?.replace('PATCH a/status ', '') ?? '').status;
    assert.equal(observedGenerations.one, 101);
    const taken = Object.entries(observedGenerations).filter(([, generation]) => generation === null);
    assert.deepEqual(
      taken.map(([name]) => name),
      Array.from({ length: 37 }, (_, at) => `old-${at}`),
    );
  });

  it('is tried again until it is written, and each failure is told', async () => {
    const { time, patches, failures, reporter } = replica(0, 403, 500);
    reporter.onUpsert(quarantine('a', 1));
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
    const { time, patches, reporter } = replica(500);
    reporter.onReplace([quarantine('a', 1), quarantine('b', 1)]);
    await time.pass(0);
    reporter.onUpsert(quarantine('a', 2));
    await time.pass(10_000);
    assert.deepEqual(patches.toSorted(), [seen('a', 1), seen('a', 2), seen('b', 1)]);
  });

  it('ends with the quarantine, which may come again', async () => {
    const { time, patches, failures, reporter } = replica(500, 404);
    const held = quarantine('a', 1);
    reporter.onUpsert(held);
    await time.pass(0);
    reporter.onDelete(held);
    await time.pass(10_000);
    assert.deepEqual(patches, [seen('a', 1)]);
    reporter.onReplace([]);
    reporter.onUpsert(held);
    await time.pass(10_000);
    assert.deepEqual([patches.length, failures.length], [2, 1]);
  });
});
