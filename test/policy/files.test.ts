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
