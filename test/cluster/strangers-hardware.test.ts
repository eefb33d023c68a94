import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '../../src/kube/client.ts';
import { mostOwnerBytes, mostOwners } from '../../src/controllers/hardware/room.ts';
import { deployment } from './support/deployment.ts';
import { eventsOfNode, quarantines, sleeping, told, useMoving } from './support/hardware.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { clusterClient } from './support/load.ts';
import { metricsOf } from './support/metrics-of.ts';
import { eventsOf, podOf, readyPod } from './support/pods.ts';
import { type SimulatedNode, simulateNode, toleration } from './support/simulated-node.ts';

const namespace = 'test-strangers-hardware';
const neighbours = 'test-neighbours-hardware';
const sidecar = 'health-probe-hardware';
const sick = 'node-z';

/** The bridge of the test cluster ends at this machine, where a program of the test answers for all sidecars. */
const address = '203.0.113.254';

const lies = `[-] kernel: fail, NODE MUST BE REINSTALLED ${'<&>'.repeat(5_000)}\n`;
const truth = '[-] temperature: fail, coretemp 95 C >= 90 C, 0.2 ms, 1s ago\n';

async function startSidecar(body: string) {
  const server = createServer((_request, response) => response.writeHead(503).end(body));
  await new Promise<void>((resolve) => void server.listen(0, address, resolve));
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() };
}

/** A bare Pod that names an owner, which need not exist. */
const stranger = (name: string, owner: object, port: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    labels: { 'health.example.com/hardware': 'move' },
    ownerReferences: [{ controller: true, ...owner }],
  },
  spec: {
    nodeName: sick,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'app', ...sleeping(100_000) }],
    initContainers: [
      { name: sidecar, ...sleeping(100_000), restartPolicy: 'Always', ports: [{ containerPort: port }] },
    ],
  },
});

/** A Job that exists, and that no controller of Kubernetes looks after. */
const idleJob = (name: string): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    managedBy: 'example.com/none',
    suspend: true,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', ...sleeping(1) }] } },
  },
});

describe('a sick node that a stranger has filled with failing Pods', () => {
  useNamespace(namespace);
  useNamespace(neighbours);

  let client: Client;
  let node: SimulatedNode;
  const sidecars: Awaited<ReturnType<typeof startSidecar>>[] = [];
  // Nothing of ours is to be rolled out while the node is there.
  after(async () => {
    for (const { stop } of sidecars) stop();
    await node.remove();
  });
  useMoving();
  before(async () => {
    client = await clusterClient();
    node = await simulateNode(client, sick);
    sidecars.push(await startSidecar(lies), await startSidecar(truth));
  });

  it("lets a neighbour's failing Pod go, in a quarantine that has room, and says whose words are whose", async () => {
    const [evil, honest] = sidecars.map(({ port }) => port);
    const { signal } = new AbortController();
    // What a first attempt has left.
    await kubectl(['delete', 'pods,jobs', '-n', namespace, '--all', '--force', '--grace-period=0']);
    await kubectl(['delete', 'deployment', 'web', '-n', neighbours, '--ignore-not-found']);
    const create = (path: string, object: object): Promise<any> => client.create(path, object, { signal });
    const names = Array.from({ length: 500 }, (_, at) => `evil-${at}-${'x'.repeat(200)}`.slice(0, 200));
    await Promise.all(
      names.map(async (name, at) => {
        const custom = { apiVersion: 'evil.example.com/v1', kind: 'Fake', name, uid: `uid-${at}` };
        const forged = { ...custom, apiVersion: 'apps/v1', kind: 'StatefulSet' };
        const job = (): Promise<any> => create(`/apis/batch/v1/namespaces/${namespace}/jobs`, idleJob(`job-${at}`));
        const owner =
          at < 10
            ? forged
            : at < 60
              ? { apiVersion: 'batch/v1', kind: 'Job', name: `job-${at}`, uid: (await job()).metadata.uid }
              : custom;
        await create(`/api/v1/namespaces/${namespace}/pods`, stranger(name, owner, evil ?? 0));
        await node.setNotReady(namespace, name, address).catch((error: Error) => {
          // The garbage collector takes away what says that a StatefulSet owns it which does not exist.
          if (at >= 10) throw error;
        });
      }),
    );
    await eventually('a quarantine as full as one may make it', 60, async () => {
      const [quarantine] = await quarantines();
      const bytes = JSON.stringify(quarantine?.spec.owners ?? []).length;
      return quarantine?.spec.nodeName === sick && bytes > mostOwnerBytes / 3;
    });

    const pod = {
      tolerations: [toleration],
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 100, preference: { matchFields: [{ key: 'metadata.name', operator: 'In', values: [sick] }] } },
          ],
        },
      },
      terminationGracePeriodSeconds: 0,
      initContainers: [
        {
          name: sidecar,
          ...sleeping(100_000),
          imagePullPolicy: 'IfNotPresent',
          restartPolicy: 'Always',
          ports: [{ containerPort: honest }],
        },
      ],
    };
    const web: any = deployment('web', { annotations: {}, container: sleeping(100_000), pod });
    web.spec.template.metadata.labels['health.example.com/hardware'] = 'move';
    await apply(neighbours, web);
    const before = await eventually('a Pod on the sick node', 30, async () => {
      const found = await podOf(neighbours, 'web');
      return found.spec.nodeName === sick && found;
    });
    await node.setNotReady(neighbours, before.metadata.name, address);
    const after = await eventually('its replacement elsewhere', 60, async () => {
      const { items } = await get(['pods', '-n', neighbours, '-l', 'app=web']);
      return items.find(({ metadata, spec }: any) => metadata.uid !== before.metadata.uid && spec.nodeName);
    });
    assert.notEqual(after.spec.nodeName, sick);
    await readyPod(neighbours, 'web');

    const [quarantine] = await quarantines();
    const { owners } = quarantine.spec;
    const evils = owners.filter(({ owner }: any) => owner.namespace === namespace);
    const size = Buffer.byteLength(JSON.stringify(quarantine));
    assert(size < mostOwnerBytes, `${size} bytes`);
    assert(evils.length <= mostOwners / 2, `${evils.length} owners`);
    assert(owners.every(({ owner }: any) => owner.kind !== 'StatefulSet'));
    assert.deepEqual(
      owners.filter(({ owner }: any) => owner.namespace === neighbours).map(({ owner }: any) => owner),
      [{ namespace: neighbours, kind: 'Deployment', name: 'web' }],
    );
    // One fake sidecar answers for five hundred Pods: on a slow machine some are not heard in time, which is told in our words.
    const unheard = `container ${sidecar} is not ready, and its reading is not known: its sidecar could not be asked: nothing more was heard within 1000 ms`;
    const words = `(its sidecar says "kernel: NODE [^"]*"|${unheard})`;
    for (const { check, message, owner } of evils) {
      assert.equal(check, 'hardware');
      assert.match(message, new RegExp(`^Pod ${owner.namespace}/\\S+: ${words}$`));
    }
    assert(evils.some(({ message }: any) => message.includes('its sidecar says "kernel: NODE ')));
    const said = await told(
      'the move, among the Events of the node',
      () => eventsOfNode(sick),
      /^MovedOffNode: .*web-/,
    );
    assert.match(said, /temperature: its sidecar says "coretemp 95 C >= 90 C"/);
    for (const text of await eventsOfNode(sick)) {
      if (/^(HardwareFailed|Move)/.test(text)) assert.match(text, /^\w+: Pod \S+\/\S+ /);
    }
    // So many Pods stay that not each has an Event: the metric counts them all.
    await eventually('Pods of the stranger that stay for its share', 120, async () => {
      const { items } = await get(['pods', '-n', 'health-injector', '-l', 'app.kubernetes.io/component=controller']);
      const texts = await Promise.all(items.map((each: any) => metricsOf(each, each.spec.containers[0])));
      return /health_injector_hardware_held_pods\{[^}]*reason="quarantine-share"[^}]*\} [1-9]/.test(texts.join(''));
    });
    assert((await eventsOf(neighbours, 'web')).some((text) => text.startsWith('MovedOffNode')));
    await kubectl(['delete', 'pods', '-n', namespace, '--all', '--force', '--grace-period=0', '--wait=false']);
  });
});
