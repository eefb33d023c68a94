import assert from 'node:assert/strict';
import { degradedChanges, wantedCondition } from '../../../src/controllers/hardware/degraded.ts';
import type { NodeQuarantine } from '../../../src/quarantine/quarantine.ts';
import { node, quarantine } from './support/snapshot.ts';

const second = (count: number): string => new Date(Date.parse('2030-01-01T12:00:00Z') + count * 1_000).toISOString();

/** A quarantine with an entry for each of these: its namespace, its check, and when it was begun, in seconds. */
function quarantineOf(...entries: readonly (readonly [string, string, number])[]): NodeQuarantine {
  const made = quarantine('node-a');
  const [one] = made.spec.owners;
  assert(one);
  const owners = entries.map(([namespace, check, since], index) =>
    Object.assign({}, one, {
      owner: { namespace, kind: 'Deployment', name: `app-${index}` },
      check,
      message: `Pod ${namespace}/app-${index}: its sidecar says "95 C >= 90 C"`,
      since: second(since),
    }),
  );
  return { ...made, spec: { ...made.spec, owners } };
}

const hot = 'temperature';

const counts = (check: string): boolean => wantedCondition(quarantineOf(['shop', check, 0]), 1) !== undefined;

describe('the condition HardwareDegraded', () => {
  it('stands once the hardware failed Pods of so many namespaces, with check, threshold and reading, since the last of them', () => {
    const made = quarantineOf(['shop', hot, 30], ['shop', hot, 0], ['bank', 'gpu, pcie', 60], ['club', hot, 90]);
    assert.deepEqual(wantedCondition(made, 2), {
      message:
        'temperature: Pod shop/app-1: its sidecar says "95 C >= 90 C"; ' +
        'gpu, pcie: Pod bank/app-2: its sidecar says "95 C >= 90 C"',
      sinceMs: Date.parse(second(60)),
    });
  });

  it('counts a check by any name of its author, and no condition of the node, which may be this one', () => {
    assert.deepEqual([hot, 'hardware', 'node'].map(counts), [true, true, false]);
  });

  it('stands for no number of Pods and owners of one namespace, and never where it is off', () => {
    const ofOne = quarantineOf(...Array.from({ length: 100 }, (_, index) => ['shop', hot, index] as const));
    assert.equal(wantedCondition(ofOne, 2), undefined);
    assert.equal(wantedCondition(quarantineOf(['shop', hot, 0], ['bank', hot, 0]), 0), undefined);
    assert.equal(wantedCondition(undefined, 1), undefined);
  });

  it('is written where it is not there or says something else, taken back where it is ours, and else left alone', () => {
    const made = quarantineOf(['shop', hot, 0]);
    const condition = wantedCondition(made, 1);
    assert(condition);
    const has = { type: 'HardwareDegraded', status: 'True', reason: 'HardwareCheckFailed', ...condition };
    const nodes = [
      node('node-a'),
      node('node-b', { conditions: [has] }),
      node('node-c', { conditions: [has] }),
      node('node-d', { conditions: [{ ...has, message: 'before' }] }),
      node('node-e', { conditions: [{ ...has, reason: 'OfSomebodyElse' }] }),
      node('node-f'),
    ];
    const quarantines = new Map(['node-a', 'node-b', 'node-d'].map((name) => [name, made]));
    assert.deepEqual(degradedChanges(nodes, quarantines, 1), [
      { node: 'node-a', condition },
      { node: 'node-c', condition: undefined },
      { node: 'node-d', condition },
    ]);
  });

  it('has room for the words of few', () => {
    const long = quarantineOf(...Array.from({ length: 64 }, (_, index) => [`n${index}`, hot, index] as const));
    const message = wantedCondition(long, 64)?.message ?? '';
    assert(message.length <= 256 && message.startsWith('temperature: Pod n0/app-0'), message);
  });
});
