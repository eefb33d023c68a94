import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dryRun, pairs } from '../support/golden.ts';
import { get, useNamespace } from '../support/kubectl.ts';
import { sayOnVersion, serverMinor } from '../support/server-minor.ts';
import { differencesOf, withoutToken } from '../support/stored.ts';
import { completedAfterwards, differencesByVersion } from '../support/versions-differ.ts';

const namespace = 'test-cases';
const prefix = 'health.example.com/';
/** The defaults that every supported apiserver adds to the golden Pods; `UPDATE=1` writes what the one of this run adds. */
const defaultsFile = new URL('defaults.txt', import.meta.url).pathname;

const statusOf = (pod: any): any => JSON.parse(pod.metadata.annotations?.[`${prefix}status`] ?? '{}');
const problemsOf = (pod: any): unknown => pod.metadata.annotations?.[`${prefix}problems`];

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
  let minor = 0;
  before(async () => {
    minor = await serverMinor();
  });

  it('it takes every Pod that was injected where it takes the Pod itself', async () => {
    const before = await dryRun(
      namespace,
      pairs.map(({ podName, input }) => [podName, plain(input)]),
    );
    const after = await dryRun(
      namespace,
      pairs.map(({ podName, output }) => [podName, plain(output)]),
    );
    const refused = pairs.filter(({ podName }) => before.taken.has(podName) && after.refused.has(podName));
    assert.deepEqual(
      refused.map(({ name, podName }) => `${name}: ${after.refused.get(podName)}`),
      [],
    );
    assert(after.taken.size > 0.9 * pairs.length, `${after.taken.size} of ${pairs.length}`);
  });

  it('the webhook in the cluster makes of each what every other version gets, but for the table of differences', async function () {
    // What only an administrator's allowlist lets through is refused by the webhook of the cluster, which has none.
    const alone = pairs.filter(({ isAlone, input }) => isAlone && !needsAllowlist(input));
    const once = await dryRun(
      namespace,
      alone.map(({ podName, input }) => [podName, input]),
    );
    assert(once.taken.size > 0.9 * alone.length, `${once.taken.size} of ${alone.length}`);
    const twice = await dryRun(
      namespace,
      [...once.taken].map(([podName, pod]) => [podName, forCreation(pod)]),
    );
    const agentImage = await agentImageOfCluster();
    const changed: Record<string, readonly string[]> = {};
    const added = new Set<string>();
    for (const { name, podName, output } of alone) {
      const found = once.taken.get(podName);
      if (!found) continue;
      const spec = withoutToken(found.spec);
      const differences = differencesOf(withoutToken(withImage(output.spec, agentImage)), spec, 'spec');
      const told = differencesOf(
        { added: statusOf(output).added, problems: problemsOf(output) },
        { added: statusOf(found).added, problems: problemsOf(found) },
        'told',
      );
      const all = [...differences.changed, ...told.changed];
      if (all.length > 0) changed[name] = all;
      for (const line of differences.added) added.add(line);
      if (completedAfterwards[name]?.includes(minor)) {
        sayOnVersion(minor, `${name}: the apiserver completes the resources of the Pod after the webhooks.`);
        continue;
      }
      assert.deepEqual(withoutToken(twice.taken.get(podName)?.spec), spec, `${name}, again`);
    }
    const expected = differencesByVersion.filter(({ minors }) => minors.includes(minor));
    for (const { name, why } of expected) sayOnVersion(minor, `${name}: ${why}`);
    assert.deepEqual(changed, Object.fromEntries(expected.map(({ name, changed: lines }) => [name, lines])));
    const text = [...added].toSorted().join('\n') + '\n';
    if (process.env['UPDATE'] === '1') writeFileSync(defaultsFile, text);
    assert.equal(text, readFileSync(defaultsFile, 'utf8'));
  });
});

/** The image of the agent that the installation adds. */
async function agentImageOfCluster(): Promise<string> {
  const { spec } = await get(['deployment', 'health-injector', '-n', 'health-injector']);
  const env: readonly { name: string; value: string }[] = spec.template.spec.containers[0].env;
  return env.find(({ name }) => name === 'HEALTH_INJECTOR_AGENT_IMAGE')?.value ?? '';
}

/** A spec with the agent of the installation instead of that of the tests. */
const withImage = (spec: object, image: string): any =>
  JSON.parse(JSON.stringify(spec).replaceAll('registry.example/health-probe:test', image));

/** What the apiserver adds to an object of its own is not for a client to send. */
const forCreation = ({ apiVersion, kind, metadata, spec }: any): any => {
  const { annotations, labels } = metadata;
  return { apiVersion, kind, metadata: { annotations, labels }, spec };
};
