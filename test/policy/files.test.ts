import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPolicyFiles, watchPolicyFiles } from '../../src/policy/files.ts';
import { createStore } from '../../src/policy/store.ts';
import { eventually } from '../support/eventually.ts';

const policy = (name: string): string =>
  `apiVersion: health.example.com/v1alpha1\nkind: HealthPolicy\nmetadata: { name: ${name} }\nspec: {}\n`;
const namespace = '---\napiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n---\nkind: ConfigMap\n---\n';

describe('policies from files', () => {
  it('are read from a file and from a folder, and other objects are passed over', () => {
    const folder = mkdtempSync(join(tmpdir(), 'health-injector-policies-'));
    writeFileSync(join(folder, 'a.yaml'), policy('a') + namespace);
    writeFileSync(
      join(folder, 'b.json'),
      JSON.stringify({ apiVersion: 'health.example.com/v1alpha1', kind: 'HealthPolicy', metadata: { name: 'b' } }),
    );
    writeFileSync(join(folder, 'c.txt'), policy('c'));
    const { policies, namespaces, mistakes } = readPolicyFiles(folder);
    assert.deepEqual([policies.map(({ metadata }) => metadata.name), namespaces.length, mistakes], [['a', 'b'], 1, []]);
    assert.equal(readPolicyFiles(join(folder, 'a.yaml')).policies.length, 1);
  });

  it('that cannot be read are told in a sentence', () => {
    const folder = mkdtempSync(join(tmpdir(), 'health-injector-policies-'));
    writeFileSync(join(folder, 'a.yaml'), 'a: [1');
    assert.match(readPolicyFiles(folder).mistakes.join(), /a\.yaml is not YAML: .+\.$/);
    assert.match(readPolicyFiles(join(folder, 'none')).mistakes.join(), /none cannot be read: ENOENT/);
  });

  it('with a field of another type than the apiserver takes are told by that field, and count for nothing', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'health-injector-policies-')), 'a.yaml');
    const odd = policy('odd').replace('spec: {}', 'spec: { match: { images: redis } }');
    const nameless = policy('x').replace('{ name: x }', 'null');
    writeFileSync(
      file,
      `${policy('a')}---\n${odd}---\n${nameless}---\napiVersion: v1\nkind: Namespace\nmetadata: []\n`,
    );
    const { policies, namespaces, mistakes } = readPolicyFiles(file);
    assert.deepEqual([policies.map(({ metadata }) => metadata.name), namespaces], [['a'], []]);
    assert.deepEqual(mistakes, [
      'HealthPolicy odd: spec.match.images: it is a text, expected a list.',
      'HealthPolicy without a name: metadata: it is null, expected a map.',
      'Namespace without a name: metadata: it is a list, expected a map.',
    ]);
  });

  it('may hold NodeQuarantines, which keep Pods off as those of a cluster do', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'health-injector-policies-')), 'a.yaml');
    const owner = '{ namespace: shop, kind: Deployment, name: web }';
    writeFileSync(
      file,
      `apiVersion: health.example.com/v1alpha1\nkind: NodeQuarantine\nmetadata: { name: n }\nspec: { nodeName: n, owners: [{ owner: ${owner}, until: "2130-01-01T00:00:00Z" }] }\n`,
    );
    const store = createStore('health.example.com/');
    watchPolicyFiles(file, store, () => {})();
    assert.deepEqual([...store.scopeFor('shop', 0).exclusionsByOwner.keys()], ['shop/Deployment/web']);
  });

  it('are read again when they change, and kept while they cannot be read', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'health-injector-policies-')), 'a.yaml');
    writeFileSync(file, policy('a') + namespace);
    const store = createStore('health.example.com/');
    const mistakes: string[] = [];
    const stop = watchPolicyFiles(file, store, (files) => mistakes.push(...files.mistakes), 10);
    const names = () => store.scopeFor('shop', 0).policies.policies.map(({ name }) => name);
    assert.deepEqual(names(), ['a']);
    writeFileSync(file, 'a: [1');
    await eventually('the mistake', 5_000, async () => mistakes.length > 0);
    assert.deepEqual(names(), ['a']);
    writeFileSync(file, policy('b'));
    await eventually('the other policy', 5_000, async () => names()[0] === 'b');
    stop();
  });
});
