import assert from 'node:assert/strict';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readManifest } from '../../src/manifest/documents.ts';
import { runToEnd } from '../support/process.ts';
import { manifestsFolder } from '../projects/support/manifests.ts';
import { useNamespace } from './support/kubectl.ts';
import { policy } from './support/policy.ts';

const namespace = 'test-projects';
const program = new URL('../../dist/cli.js', import.meta.url).pathname;

/** Runs the built command line in a folder. */
const healthInjector = (args: readonly string[]) => runToEnd(process.execPath, [program, ...args]);

/** Every workload of a folder of manifests, under a name that none other has. */
function workloadsIn(folder: string): Map<string, any> {
  const found = new Map<string, any>();
  for (const file of globSync('*/*.{yaml,json}', { cwd: folder }).toSorted()) {
    const { objects } = readManifest(readFileSync(join(folder, file), 'utf8'));
    for (const [index, { value, templatePath }] of objects.entries()) {
      if (templatePath) found.set(`${file}#${index}`, value);
    }
  }
  return found;
}

/** Which of these the apiserver takes, by their keys. */
async function taken(workloads: ReadonlyMap<string, any>): Promise<Set<string>> {
  const keys = [...workloads.keys()];
  const named = keys.map((key, index) => {
    const { metadata, status: _, ...rest } = workloads.get(key);
    return { ...rest, metadata: { ...metadata, namespace, name: `w-${index}` } };
  });
  const { out } = await runToEnd('kubectl', ['create', '-n', namespace, '--dry-run=server', '-o', 'name', '-f', '-'], {
    input: named.map((object) => JSON.stringify(object)).join('\n---\n'),
  });
  return new Set([...out.matchAll(/\/w-(\d+)$/gm)].map(([, index]) => keys[Number(index)] as string));
}

describe('the manifests of real projects, by the command line and the real apiserver', () => {
  useNamespace(namespace);

  it('are injected, none of them is broken, and all are given back to the byte', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'health-injector-projects-'));
    try {
      const manifests = await manifestsFolder();
      cpSync(manifests, folder, { recursive: true });
      // A key that stands twice is an error by the specification, and the command line says so.
      rmSync(join(folder, 'kube-dns'), { recursive: true });
      const policies = join(tmpdir(), 'health-injector-projects.yaml');
      writeFileSync(policies, stringify(policy('all', {})));
      const before = workloadsIn(folder);
      const { code, errors } = await healthInjector(['inject', '-i', '--policies', policies, folder]);
      // One manifest has a text for `args`, which an apiserver refuses: it is left alone, and all others are done.
      assert.deepEqual([code, errors.match(/^.*: it is .*, expected .*$/gm)?.length], [1, 1], errors);
      assert.match(errors, /StatefulSet default\/keycloak: spec\.template\.spec\.containers\.0\.args: it is a text/);
      const after = workloadsIn(folder);
      const changed = [...after].filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before.get(key)));
      assert(before.size >= 100 && changed.length >= 20, `${changed.length} of ${before.size}`);

      const [takenBefore, takenAfter] = [await taken(before), await taken(after)];
      assert.deepEqual(
        [...takenBefore].filter((key) => !takenAfter.has(key)),
        [],
      );
      assert(changed.filter(([key]) => takenAfter.has(key)).length >= 20);

      assert.equal((await healthInjector(['uninject', '-i', folder])).code, 0);
      for (const file of globSync('*/*.{yaml,json}', { cwd: folder })) {
        assert.equal(readFileSync(join(folder, file), 'utf8'), readFileSync(join(manifests, file), 'utf8'), file);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
