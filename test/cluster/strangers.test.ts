import assert from 'node:assert/strict';
import type { Client } from '../../src/kube/client.ts';
import { median } from '../bench/measure.ts';
import { eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { clusterClient } from './support/load.ts';

const namespace = 'test-strangers';
const neighbours = 'test-neighbours';
const leftAlone = 'test-left-alone';
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

/** Creates a Pod of the neighbour as a dry run, which gets its sidecar; gives back the milliseconds that took. */
async function askAsNeighbour(client: Client, at: number): Promise<number> {
  const object = pod(`neighbour-${at}`, [{ name: 'redis', image: 'redis:7' }]);
  const startMs = performance.now();
  const path = `/api/v1/namespaces/${neighbours}/pods?dryRun=All`;
  const shown = await client.create<any>(path, object, { timeoutMs: 30_000, signal: new AbortController().signal });
  assert.equal(shown.spec.initContainers?.[0].name, 'health-probe', `Pod ${at} was not injected`);
  return performance.now() - startMs;
}

/** Creates all attacks twice at a time as dry runs, and the neighbour's Pods meanwhile; gives back what each of those took. */
async function timesWhileStruck(client: Client, where: string, as: readonly string[]): Promise<number[]> {
  const over = new AbortController();
  const strike = async (): Promise<void> => {
    for (const [, object] of attacks) {
      // The apiserver refuses some of them by its own rules, after the webhook has answered.
      await kubectl([...as, 'create', '-n', where, '--dry-run=server', '-f', '-'], JSON.stringify(object)).catch(
        () => '',
      );
    }
    over.abort();
  };
  const striking = Promise.all([strike(), strike()]);
  const times: number[] = [];
  while (!over.signal.aborted) times.push(await askAsNeighbour(client, times.length));
  await striking;
  return times;
}

describe("a stranger's Pods", () => {
  useNamespace(namespace, { [`${prefix}inject`]: 'enabled' });
  useNamespace(leftAlone, { [`${prefix}inject`]: 'disabled' });
  useNamespace(neighbours);
  let client: Client;
  before(async () => {
    await makeTenant();
    client = await clusterClient();
  });

  it("are dry-run over and over while a neighbour's Pods get their sidecar, and nothing of ours restarts", async () => {
    const before = await restarts();
    const times = await timesWhileStruck(client, namespace, [tenant]);
    assert(times.length >= 5, `${times.length} Pods of the neighbour`);
    assert.deepEqual(await restarts(), before);
  });

  it("cost the neighbour's Pods what they cost them where the webhook is not asked about them", async function () {
    // For a person who measures: a busy machine says nothing about it.
    if (process.env['SHOW'] !== 'times') this.skip();
    const found = { calm: [] as number[], unasked: [] as number[], asked: [] as number[] };
    for (let round = 0; round < 5; round++) {
      for (let count = 0; count < 20; count++) found.calm.push(await askAsNeighbour(client, count));
      found.unasked.push(...(await timesWhileStruck(client, leftAlone, [])));
      found.asked.push(...(await timesWhileStruck(client, namespace, [tenant])));
    }
    for (const [when, times] of Object.entries(found)) {
      process.stdout.write(`${when}: ${times.length} Pods, median ${median(times).toFixed(1)} ms\n`);
    }
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
