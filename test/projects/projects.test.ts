import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from '../../src/inject/inject.ts';
import type { Outcome } from '../../src/inject/outcome.ts';
import type { SkippedItem } from '../../src/inject/model/problems.ts';
import { patternNames } from '../../src/inject/patterns/index.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { type PolicyScope, annotationsOnly } from '../../src/inject/model/scope.ts';
import { readNamespace } from '../../src/policy/store.ts';
import { createJsonPatch } from '../../src/webhook/json-patch.ts';
import { assertOnlyAdds, assertUserKept, deepFreeze } from '../support/invariants.ts';

import { testContext } from '../support/webhook.ts';
import { type Source, type Workload, manifestsFolder, sources, workloadsOf } from './support/manifests.ts';

/** A namespace that asks for checks without a word from its Pods. */
const enabled: PolicyScope = {
  ...annotationsOnly,
  namespace: readNamespace(
    { name: 'project', labels: { [`${testContext.prefix}inject`]: 'enabled' } },
    testContext.prefix,
  ),
};

/** What is asked of every workload: nothing, in a namespace where that is enough. */
const ask = ({ pod }: Workload): Asked => ({ input: pod, outcome: inject(deepFreeze(pod), testContext, enabled) });

/** What every pattern is asked besides, so that also a Pod of an unknown image gets all that can be added. */
const tell = ({ pod }: Workload): Asked[] =>
  patternNames.map((pattern) => answer(pod, { pattern, check: 'tcp://:8080' }));

type Asked = { readonly input: Pod; readonly outcome: Outcome };

function answer(pod: Pod, keys: Readonly<Record<string, string>>): Asked {
  const { annotations } = pod.metadata ?? {};
  const asked = Object.entries(keys).map(([key, value]) => [testContext.prefix + key, value] as const);
  const input: Pod = {
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...annotations, ...Object.fromEntries(asked) } },
  };
  return { input, outcome: inject(deepFreeze(input), testContext) };
}

describe('the manifests of real projects', () => {
  let folder: string;
  const all: { readonly source: Source; readonly workloads: readonly Workload[] }[] = [];

  before(async function () {
    // The first run on a machine downloads 100 MB and may build helm.
    this.timeout(600_000);
    folder = await manifestsFolder();
    for (const source of sources)
      all.push({ source, workloads: workloadsOf(readFileSync(join(folder, source.file), 'utf8')) });
  });

  it('are those on record, in their order', () => {
    const files = globSync('*/*', { cwd: folder });
    assert.deepEqual(
      files.toSorted(),
      sources.map(({ file }) => file),
    );
  });

  for (const [index, source] of sources.entries()) {
    it(`${source.file}: every workload is found, and keeps all that its authors wrote`, () => {
      const { workloads } = all[index]!;
      assert.deepEqual(
        workloads.map(({ title }) => title),
        source.workloads,
      );
      for (const workload of workloads) {
        assertHarmless(ask(workload));
        for (const asked of tell(workload)) assertHarmless(asked);
      }
    });
  }

  it('are met in every way, so that the invariants have something to hold for', () => {
    const kinds = all.flatMap(({ workloads }) => workloads.map((workload) => ask(workload).outcome.kind));
    assert.deepEqual([...new Set(kinds)].toSorted(), ['injected', 'skipped']);
  });

  it('are listed in docs/projects.md as they are answered', () => {
    const file = new URL('../../docs/projects.md', import.meta.url).pathname;
    const text = readFileSync(file, 'utf8');
    const rows = all.flatMap(({ source, workloads }) => workloads.flatMap((workload) => row(source.file, workload)));
    const workloads = all.flatMap((each) => each.workloads);
    const asked = /(<!-- projects: [^]*?\n\|---.*\n)([^]*?)(<!-- \/projects -->)/;
    const left = /(<!-- left alone: [^\n]*\n)([^]*?)(<!-- \/left alone -->)/;
    const wanted = text
      .replace(asked, (_, head, __, end) => `${head}${[...new Set(rows)].join('\n')}\n${end}`)
      .replace(left, (_, head, __, end) => `${head}${leftAlone(workloads).join('\n')}\n${end}`);
    if (process.env['UPDATE'] === '1') writeFileSync(file, wanted);
    else assert.equal(text, wanted);
  });
});

function assertHarmless({ input, outcome }: Asked): void {
  if (outcome.kind === 'skipped') return;
  assertUserKept(input, outcome.pod);
  assertOnlyAdds(structuredClone(createJsonPatch(input, outcome.pod)), input);
  const again = inject(deepFreeze(structuredClone(outcome.pod)), testContext, enabled);
  if (again.kind !== 'skipped')
    assert.deepEqual(createJsonPatch(outcome.pod, again.pod), [], 'injecting again changes nothing');
  if (outcome.kind === 'rejected') assert(outcome.problems.length > 0);
}

/** The images without tags of the containers that are left alone, in a line for each reason; the most frequent one first. */
function leftAlone(workloads: readonly Workload[]): string[] {
  const items = workloads.flatMap((workload) => {
    const { input, outcome } = ask(workload);
    if (outcome.kind !== 'skipped') return [];
    return outcome.skippedItems.map(({ what, why }) => {
      const { image = '' } = input.spec.containers.find(({ name }) => name === what) ?? {};
      return { why, image: image.replace(/@.*/, '').replace(/:[^/:]*$/, '') };
    });
  });
  return [...Map.groupBy(items, ({ why }) => why)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([why, own]) => {
      const images = [...new Set(own.map(({ image }) => `\`${image}\``))].toSorted();
      return `- **${why}** (${own.length}): ${images.join(', ')}`;
    });
}

/** A row of the table, of a workload that gets a check: project, workload, image, what was done, and why. */
function row(file: string, workload: Workload): string[] {
  const { input, outcome } = ask(workload);
  if (outcome.kind === 'skipped') return [];
  const images = input.spec.containers.map(({ image }) => `\`${image?.replace(/@sha256:.*/, '')}\``);
  const cells = [file.replace(/\/.*/, ''), workload.title, images.join('<br>'), ...words(outcome)];
  return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`];
}

function words(outcome: Outcome): [string, string] {
  switch (outcome.kind) {
    case 'injected': {
      const how: Readonly<Record<string, string>> = {
        port: 'asked by the kubelet',
        sidecar: 'asked by a sidecar',
        cli: 'asked by the agent in its container',
      };
      const status = JSON.parse(outcome.pod.metadata?.annotations?.[`${testContext.prefix}status`] ?? '{}');
      const found = Object.entries(status.found ?? {}).map(([container, what]) => `${container}: ${what}.`);
      const done = outcome.patterns.map((pattern) => how[pattern]).join(', ');
      return [done, [...found, ...outcome.warnings, ...outcome.skippedItems.map(keptWords)].join('<br>')];
    }
    case 'skipped':
      throw new Error('it stands in the other list');
    case 'rejected':
      return ['left alone, with a problem', outcome.problems.map(({ received }) => `${received}.`).join('<br>')];
    default:
      return outcome satisfies never;
  }
}

const keptWords = ({ what, why }: SkippedItem): string => `${what}: ${why}.`;
