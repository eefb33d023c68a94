import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import type { V1Container } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { isHoldName, isHoldVolume } from '../../src/hold/volume.ts';
import { inject } from '../../src/inject/inject.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { testContext } from '../support/webhook.ts';

const root = new URL('../cases/', import.meta.url).pathname;
const cases = globSync('**/*.input.yaml', { cwd: root }).map((file): readonly [string, Pod] => [
  file,
  parseAllDocuments(readFileSync(root + file, 'utf8'))[0]?.toJSON(),
]);
const statusKey = `${testContext.prefix}status`;
const withoutHolds = { ...testContext, holds: { maxPauseMs: 0, restartBudgetPercent: 0 } };

const without = <T>(list: readonly T[] | undefined, isOut: (item: T, index: number, all: readonly T[]) => boolean) => {
  const kept = list?.filter((...item) => !isOut(...item));
  return kept?.length === 0 ? undefined : kept;
};

/** The flag and its value. */
const isHoldFlag = (word: string, index: number, all: readonly string[]): boolean =>
  word === '--hold' || all[index - 1] === '--hold';

/** The Pod without all by which it can be held, written by hand; undefined fields count as none. */
function strip(pod: Pod): unknown {
  const { [statusKey]: text, ...annotations } = pod.metadata?.annotations ?? {};
  const { restartBudget: _, config: __, added, ...status } = JSON.parse(text ?? '{}');
  const holds = new Set(pod.spec.volumes?.filter(isHoldVolume).map(({ name }) => name));
  const ofContainer = (container: V1Container): unknown => ({
    ...container,
    args: without(container.args, isHoldFlag),
    volumeMounts: without(container.volumeMounts, ({ name }) => holds.has(name)),
    ...Object.fromEntries(
      (['livenessProbe', 'readinessProbe', 'startupProbe'] as const).map((field) => {
        const probe = container[field];
        return [field, probe?.exec ? { ...probe, exec: { command: without(probe.exec.command, isHoldFlag) } } : probe];
      }),
    ),
  });
  const spec = {
    ...pod.spec,
    volumes: without(pod.spec.volumes, ({ name }) => holds.has(name)),
    containers: pod.spec.containers.map(ofContainer),
    initContainers: pod.spec.initContainers?.map(ofContainer),
  };
  const names = added?.filter((name: string) => !isHoldName(name));
  return JSON.parse(JSON.stringify({ ...pod, metadata: { ...pod.metadata, annotations, status, names }, spec }));
}

describe('without pauses and restart budgets', () => {
  for (const [file, pod] of cases) {
    // Some inputs are odd on purpose, such as lists that are null.
    it(`${file.replace('.input.yaml', '')} is injected as if there were none`, () => {
      const { [`${testContext.prefix}restart-budget`]: _, ...annotations } = pod.metadata?.annotations ?? {};
      const input = { ...pod, metadata: { ...pod.metadata, annotations } };
      const [off, on] = [withoutHolds, testContext].map((context) => inject(input, context).pod);
      assert(off && on);
      assert(!JSON.stringify(off).includes('--hold'), 'nothing of a hold is there');
      assert.deepEqual(strip(on), strip(off));
    });
  }

  it('a Pod that had one gives it up in the next call', () => {
    const [, pod] = cases.find(([file]) => file.startsWith('sidecar/')) ?? [];
    assert(pod);
    const on = inject(pod, testContext).pod;
    assert.deepEqual(inject(on, withoutHolds).pod, inject(pod, withoutHolds).pod);
  });
});
