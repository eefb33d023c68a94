import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { anyContainer, celLines, celText } from '../../src/export/cel.ts';
import { exportPolicies } from '../../src/export/health-policy.ts';
import { recipeOf } from '../../src/export/recipe.ts';
import { exportRefusals } from '../../src/export/refusals.ts';
import type { HealthPolicy } from '../../src/policy/policy.ts';
import { healthInjector, runHere } from '../cli/support/health-injector.ts';
import { testContext } from '../support/webhook.ts';

const folder = new URL('policies/', import.meta.url).pathname;

const policy = (name: string, spec: HealthPolicy['spec']): HealthPolicy => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'HealthPolicy',
  metadata: { name },
  ...(spec && { spec }),
});

const inject = { pattern: 'port', check: 'tcp://:8080' };

const outcomesOf = (...policies: HealthPolicy[]): string[] =>
  exportPolicies(policies, testContext).map((each) =>
    each.kind === 'exported' ? `${each.policy.source}: exported` : `${each.source}: ${each.why}`,
  );

describe('a value as an expression of CEL', () => {
  it('has each value of a mixed list or map as dyn, and others as they are', () => {
    assert.deepEqual(celLines({ a: 'x', b: 'y' }), ['{"a": "x", "b": "y"}']);
    assert.deepEqual(celLines({ a: 'x', b: 1 }), ['{"a": dyn("x"), "b": dyn(1)}']);
    assert.deepEqual(celLines([{ a: 1 }, { a: 2 }]), ['[{"a": 1}, {"a": 2}]']);
    assert.deepEqual(celLines([{ a: 1 }, { a: true }]), ['[dyn({"a": 1}), dyn({"a": true})]']);
    assert.deepEqual(celLines({ a: {}, b: undefined }), ['{"a": {}}']);
  });

  it('has the text of a stranger as a text, whatever is in it', () => {
    assert.equal(celText('a"b'), `'a"b'`);
    assert.equal(celText(`a"b'c`), `"a\\"b'c"`);
    assert.equal(celText('" + variables.x + "\\'), '"\\" + variables.x + \\"\\\\"');
    assert.equal(celText('line\nend'), '"line\\nend"');
    assert.equal(celText(''), '""');
  });

  it('has the name of any container as a variable', () => {
    assert.equal(celText(anyContainer), 'variables.container');
    assert.equal(celText(`/livez/${anyContainer}?x`), '"/livez/" + variables.container + "?x"');
  });
});

describe('a recipe', () => {
  const pod = { spec: { containers: [{ name: 'app', image: 'a' }], volumes: [{ name: 'data' }] } };

  it('puts each item before the one that it stood before', () => {
    const volumes = [{ name: 'new' }, { name: 'data' }, { name: 'last' }];
    assert.deepEqual(recipeOf(pod, { spec: { ...pod.spec, volumes } })?.volumes, [
      { kind: 'volume', value: { name: 'new' }, before: 'data' },
      { kind: 'volume', value: { name: 'last' } },
    ]);
  });

  it('is none where something is replaced or taken away', () => {
    assert.equal(recipeOf(pod, { spec: { ...pod.spec, volumes: [] } }), undefined);
    assert.equal(recipeOf(pod, { spec: { ...pod.spec, containers: [{ name: 'app', image: 'b' }] } }), undefined);
    assert.equal(recipeOf(pod, { spec: { ...pod.spec, hostNetwork: true } }), undefined);
  });
});

describe('an exported policy', () => {
  for (const [name, args, code] of [
    ['redis', [`${folder}redis.input.yaml`], 0],
    ['policy', ['--policies', `${folder}policy.input.yaml`], 0],
  ] as const) {
    it(`is what stands in ${name}.output.yaml`, async () => {
      const { out, code: ended } = await runHere(['export-policy', ...args]);
      assert.equal(ended, code);
      const file = `${folder}${name}.output.yaml`;
      if (process.env['UPDATE'] === '1') writeFileSync(file, out);
      assert.equal(out, readFileSync(file, 'utf8'));
      const objects = parseAllDocuments(out).map((document) => document.toJSON());
      assert.deepEqual(
        objects.map(({ kind }) => kind),
        objects.map((_, index) => (index % 2 === 0 ? 'MutatingAdmissionPolicy' : 'MutatingAdmissionPolicyBinding')),
      );
      // A list of them ends an apiserver of 1.36.
      assert.doesNotMatch(out, /\bObject\b/);
    });
  }

  it('is refused in a sentence, and the exit code says so', async () => {
    const { out, errors, code } = await healthInjector(['export-policy', '-n', 'shop', '-'], {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'cache', annotations: { 'health.example.com/pattern': 'sidecar' } },
        spec: { containers: [{ name: 'redis', image: 'redis:7' }] },
      }),
    });
    assert.deepEqual([out, code], ['', 1]);
    assert.equal(errors, `Pod shop/cache: not exported: ${exportRefusals.detected}\n`);
  });

  it('is refused for a cluster that has no such kind', async () => {
    const args = ['export-policy', '--kubernetes-version', '1.35', `${folder}redis.input.yaml`];
    const { out, errors, code } = await runHere(args);
    assert.deepEqual([out, code], ['', 1]);
    assert.match(errors, new RegExp(`Deployment shop/web: not exported: ${exportRefusals['no-policies-api']}`));
  });
});

describe('a HealthPolicy', () => {
  it('is exported where it names pattern and check, and looks at no container', () => {
    assert.deepEqual(outcomesOf(policy('web', { inject })), ['HealthPolicy web: exported']);
    assert.deepEqual(outcomesOf(policy('web', { inject: { ...inject, pattern: 'sidecar' } })), [
      'HealthPolicy web: exported',
      'HealthPolicy web, for Guaranteed Pods: exported',
    ]);
    assert.deepEqual(outcomesOf(policy('web', { inject, match: { images: ['web'] } })), [
      `HealthPolicy web: ${exportRefusals.match}`,
    ]);
    assert.deepEqual(outcomesOf(policy('web', { inject: { check: 'tcp://:8080' } })), [
      `HealthPolicy web: ${exportRefusals.detected}`,
    ]);
    assert.deepEqual(outcomesOf(policy('web', { inject, mode: 'Audit' })), [
      `HealthPolicy web: ${exportRefusals['not-enforced']}`,
    ]);
  });

  it('is refused below one that may select the same Pods', () => {
    const a = policy('a', { inject, podSelector: { matchLabels: { app: 'a' } } });
    const b = policy('b', { inject, podSelector: { matchLabels: { app: 'b' } } });
    const rest = policy('rest', { inject, priority: -1 });
    assert.deepEqual(outcomesOf(rest, b, a), [
      'HealthPolicy a: exported',
      'HealthPolicy b: exported',
      `HealthPolicy rest: HealthPolicy a ${exportRefusals.overlap}`,
    ]);
  });

  it('is refused for its own mistake', () => {
    const [line = ''] = outcomesOf(policy('web', { inject: { ...inject, check: 'redis://:6379' } }));
    assert.match(line, /received a redis check, which the kubelet does not speak/);
  });
});
