import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { useNamespace } from '../support/kubectl.ts';
import { runToEnd } from '../../support/process.ts';

const namespace = 'test-cases';
const root = new URL('../../cases/', import.meta.url).pathname;
const prefix = 'health.example.com/';

const documentsOf = (file: string): any[] =>
  parseAllDocuments(readFileSync(root + file, 'utf8')).map((document) => document.toJSON());

/** The Pods of all golden pairs as they went in and came out, under a name each by which they are known again. */
const pairs = globSync('**/*.input.yaml', { cwd: root })
  .toSorted()
  .map((file, index) => {
    const [input, ...surroundings] = documentsOf(file);
    const [{ allowed, warnings }, output] = documentsOf(file.replace('.input.', '.output.'));
    return { file, name: `case-${index}`, input, output, allowed, warnings, isAlone: surroundings.length === 0 };
  });

/** Creates Pods without storing them; those that the apiserver takes come back by name, as it would store them. */
async function dryRun(pods: readonly (readonly [name: string, pod: any])[]): Promise<Map<string, any>> {
  const named = pods.map(([name, pod]) => ({
    ...pod,
    metadata: { ...pod.metadata, generateName: undefined, namespace, name },
  }));
  const { out } = await runToEnd('kubectl', ['create', '-n', namespace, '--dry-run=server', '-o', 'json', '-f', '-'], {
    input: named.map((pod) => JSON.stringify(pod)).join('\n---\n'),
  });
  // One object after the other, each as kubectl prints it.
  const items: any[] = out
    .split(/(?<=^\})\n(?=\{)/m)
    .filter((text) => text.trim() !== '')
    .map((text) => JSON.parse(text));
  return new Map(items.map((pod) => [pod.metadata.name, pod]));
}

const statusOf = (pod: any): any => JSON.parse(pod.metadata.annotations?.[`${prefix}status`] ?? '{}');

/** A Pod that asks for nothing: the webhook leaves it as it is, and only the apiserver judges it. */
const plain = (pod: any): any => {
  const others = Object.entries(pod.metadata?.annotations ?? {}).filter(([key]) => !key.startsWith(prefix));
  return { ...pod, metadata: { ...pod.metadata, annotations: Object.fromEntries(others) } };
};

/** True where a Pod names something of its node. */
const needsAllowlist = ({ metadata }: any): boolean =>
  ['host-paths', 'devices', 'device-resource', 'resource-claim'].some((key) => metadata.annotations?.[prefix + key]);

describe('the golden pairs, through the real apiserver', () => {
  useNamespace(namespace);

  it('it takes every Pod that was injected where it takes the Pod itself', async () => {
    const before = await dryRun(pairs.map(({ name, input }) => [name, plain(input)]));
    const after = await dryRun(pairs.map(({ name, output }) => [name, plain(output)]));
    const refused = pairs.filter(({ name }) => before.has(name) && !after.has(name)).map(({ file }) => file);
    assert.deepEqual(refused, []);
    assert(after.size > 0.9 * pairs.length, `${after.size} of ${pairs.length}`);
  });

  it('it gets the same from the webhook in the cluster, and again from what came out', async () => {
    // What only an administrator's allowlist lets through is refused by the webhook of the cluster, which has none.
    const alone = pairs.filter(({ isAlone, input }) => isAlone && !needsAllowlist(input));
    const once = await dryRun(alone.map(({ name, input }) => [name, input]));
    assert(once.size > 0.9 * alone.length, `${once.size} of ${alone.length}`);
    const twice = await dryRun([...once].map(([name, pod]) => [name, forCreation(pod)]));
    for (const { file, name, output } of alone) {
      const found = once.get(name);
      if (!found) continue;
      assert.deepEqual(statusOf(found).added, statusOf(output).added, file);
      assert.equal(
        found.metadata.annotations?.[`${prefix}problems`],
        output.metadata.annotations?.[`${prefix}problems`],
        file,
      );
      assert.deepEqual(twice.get(name)?.spec, found.spec, `${file}, again`);
    }
  });
});

/** What the apiserver adds to an object of its own is not for a client to send. */
const forCreation = ({ apiVersion, kind, metadata, spec }: any): any => {
  const { annotations, labels } = metadata;
  return { apiVersion, kind, metadata: { annotations, labels }, spec };
};
