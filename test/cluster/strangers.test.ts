import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { eventually, get, kubectl, useNamespace } from './support/kubectl.ts';

const namespace = 'test-strangers';
const neighbours = 'test-neighbours';
const system = 'health-injector';
const prefix = 'health.example.com/';

const pod = (name: string, containers: readonly object[], annotations: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, annotations: { [`${prefix}pattern`]: 'auto', ...annotations } },
  // No node has it: the Pod is kept, and never runs.
  spec: { nodeSelector: { 'example.com/none': 'here' }, containers },
});
const kafka = (args: readonly string[]): object => ({
  name: 'kafka',
  image: 'kafka:4',
  ports: [{ containerPort: 9092 }],
  args,
});

const attacks: readonly (readonly [string, object])[] = [
  ['arguments that say port', pod('port', [{ name: 'redis', image: 'redis:7', args: ['port'.repeat(200_000)] }])],
  ['arguments that say LISTENER', pod('listener', [kafka(['LISTENER'.repeat(100_000)])])],
  [
    '1,000 containers',
    pod(
      'containers',
      Array.from({ length: 1_000 }, (_, at) => ({ name: `c${at}`, image: 'redis', ports: [{ containerPort: 6379 }] })),
    ),
  ],
  [
    'annotations of many checks',
    pod(
      'annotations',
      [{ name: 'app', image: 'app:1' }],
      Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`${prefix}check.c${at}`, ' exec:a\u2028'.repeat(400)])),
    ),
  ],
];

/** A user who may do in this namespace what the ClusterRole `edit` of Kubernetes allows, and nothing elsewhere. */
const tenant = `--as=system:serviceaccount:${namespace}:tenant`;

async function makeTenant(): Promise<void> {
  await kubectl(['create', 'serviceaccount', 'tenant', '-n', namespace]);
  const binding = ['--clusterrole=edit', `--serviceaccount=${namespace}:tenant`];
  await kubectl(['create', 'rolebinding', 'tenant', '-n', namespace, ...binding]);
}

/** Our Pods, without those of an earlier rollout that are still going away. */
async function ourPods(): Promise<any[]> {
  const { items } = await get(['pods', '-n', system]);
  return items.filter(({ metadata }: any) => !metadata.deletionTimestamp);
}

/** How often each of our containers was restarted. */
const restarts = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (await ourPods()).map(({ metadata, status }) => [metadata.name, status.containerStatuses?.[0]?.restartCount ?? 0]),
  );

describe("a stranger's Pods", () => {
  useNamespace(namespace, { [`${prefix}inject`]: 'enabled' });
  useNamespace(neighbours);
  before(makeTenant);

  it("are dry-run over and over while a neighbour's Pods get their sidecar, and nothing of ours restarts", async () => {
    const before = await restarts();
    const over = new AbortController();
    const strike = async (): Promise<void> => {
      for (const [, object] of attacks) {
        // The apiserver refuses some of them by its own rules, after the webhook has answered.
        await kubectl([tenant, 'create', '-n', namespace, '--dry-run=server', '-f', '-'], JSON.stringify(object)).catch(
          () => '',
        );
      }
      over.abort();
    };
    const striking = Promise.all([strike(), strike()]);
    let asked = 0;
    while (!over.signal.aborted) {
      const text = stringify(pod(`neighbour-${asked}`, [{ name: 'redis', image: 'redis:7' }]));
      const shown = JSON.parse(
        await kubectl(['create', '-n', neighbours, '--dry-run=server', '-o', 'json', '-f', '-'], text),
      );
      assert.equal(shown.spec.initContainers?.[0].name, 'health-probe', `Pod ${asked} was not injected`);
      asked++;
    }
    await striking;
    assert(asked >= 5, `${asked} Pods of the neighbour`);
    assert.deepEqual(await restarts(), before);
  });

  it('are kept, and the controller goes on after it has listed them', async () => {
    for (const [, object] of attacks.slice(0, 2)) {
      await kubectl([tenant, 'create', '-n', namespace, '-f', '-'], JSON.stringify(object));
    }
    await kubectl(['rollout', 'restart', '-n', system, 'deployment/health-injector-controller']);
    await kubectl(['rollout', 'status', '-n', system, 'deployment/health-injector-controller', '--timeout=120s']);
    await eventually('a leader that has seen all Pods', 60, async () => {
      const { spec } = await get(['lease', '-n', system, 'health-injector-controller']);
      return (await ourPods()).some(({ metadata }) => spec.holderIdentity?.includes(metadata.name));
    });
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    const after = await restarts();
    assert.deepEqual(
      Object.values(after).filter((count) => count > 0),
      [],
      JSON.stringify(after),
    );
  });
});
