import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import jsonPatch from 'fast-json-patch';
import { parseAllDocuments, stringify } from 'yaml';
import { inject } from '../src/inject/inject.ts';
import type { Pod } from '../src/inject/pod/pod.ts';
import type { NodeQuarantine } from '../src/quarantine/quarantine.ts';
import { isHealthPolicy } from '../src/policy/policy.ts';
import type { Store } from '../src/policy/store.ts';
import type { PolicyScope } from '../src/inject/model/scope.ts';
import { assertOnlyAdds, assertUserKept, deepFreeze } from './support/invariants.ts';
import { type RunningWebhook, patchOf, startWebhook, testContext } from './support/webhook.ts';

const isUpdate = process.env['UPDATE'] === '1';
const root = new URL('cases/', import.meta.url).pathname;

describe('cases', () => {
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook();
  });
  after(() => webhook.stop());

  const inputs = globSync('**/*.input.yaml', { cwd: root }).toSorted();

  for (const file of inputs) {
    const name = file.replace('.input.yaml', '');
    it(name, async () => {
      const [input, surroundings] = readCase(root + file, webhook.store);
      const response = await webhook.review(input);
      const patch = patchOf(response);
      const output: Pod = jsonPatch.applyPatch(structuredClone(input), patch, true).newDocument;
      const { allowed, warnings } = response;
      compare(`${root}${name}.output.yaml`, [{ allowed, ...(warnings ? { warnings } : {}) }, output]);

      assertOnlyAdds(patch, input);
      assertUserKept(input, output);
      assert.deepEqual(patchOf(await webhook.review(output)), [], 'injecting again changes nothing');
      inject(deepFreeze(structuredClone(input)), testContext, surroundings);
    });
  }

  it('has an input for every output', () => {
    const outputs = globSync('**/*.output.yaml', { cwd: root }).toSorted();
    assert.deepEqual(
      outputs,
      inputs.map((file) => file.replace('.input.', '.output.')),
    );
  });
});

/** The Pod, and what surrounds it: the Namespace `shop` and its rules, HealthPolicies and NodeQuarantines in the documents behind it. */
function readCase(file: string, store: Store): readonly [Pod, PolicyScope] {
  const [pod, ...others] = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJSON());
  store.policies.reset(others.filter(isHealthPolicy));
  store.quarantines.reset(others.filter(({ kind }: Partial<NodeQuarantine>) => kind === 'NodeQuarantine'));
  store.namespaces.reset([
    { metadata: { name: 'shop' } },
    ...others.filter(({ kind }: { kind: string }) => kind === 'Namespace'),
  ]);
  store.limitRanges.reset(others.filter(({ kind }: { kind: string }) => kind === 'LimitRange'));
  store.resourceQuotas.reset(others.filter(({ kind }: { kind: string }) => kind === 'ResourceQuota'));
  return [pod, store.scopeFor('shop', 0)];
}

/** Holds the documents against the file, or with UPDATE=1 writes it. */
function compare(file: string, documents: readonly unknown[]): void {
  if (isUpdate) writeFileSync(file, documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n'));
  const expected = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJSON());
  assert.deepEqual(documents, expected);
}
