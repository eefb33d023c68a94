import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { podsOf, readyPod } from './support/pods.ts';

const namespace = 'test-workloads';
const prefix = 'health.example.com/';
type Annotations = Readonly<Record<string, string>>;
const prefixed = (keys: Annotations): Annotations =>
  Object.fromEntries(Object.entries(keys).map(([key, value]) => [prefix + key, value]));

const container = { name: 'web', image: 'docker.io/local/web:1', imagePullPolicy: 'IfNotPresent' };

/** A workload whose own metadata carries the annotations. */
const workload = (
  kind: string,
  name: string,
  top: Annotations,
  below: Annotations = {},
  spec: object = {},
): object => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, ...(Object.keys(top).length > 0 ? { annotations: prefixed(top) } : {}) },
  spec: {
    selector: { matchLabels: { app: name } },
    ...(kind === 'DaemonSet' ? {} : { replicas: 1 }),
    template: {
      metadata: { labels: { app: name }, ...(Object.keys(below).length > 0 ? { annotations: prefixed(below) } : {}) },
      spec: { terminationGracePeriodSeconds: 1, containers: [container] },
    },
    ...spec,
  },
});

const asked = { pattern: 'port', port: '8081', path: '/livez' };

/** Our annotations on a template, without the prefix. */
async function templateOf(kind: string, name: string): Promise<Annotations> {
  const { spec } = await get([kind, name, '-n', namespace]);
  const { annotations = {} } = (spec.jobTemplate?.spec ?? spec).template.metadata;
  const ours = Object.entries<string>(annotations).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(ours.map(([key, value]) => [key.slice(prefix.length), value]));
}

const specOf = async (name: string): Promise<object> => (await get(['deployment', name, '-n', namespace])).spec;

const serverSide = (manager: string, object: object, ...flags: readonly string[]): Promise<string> =>
  kubectl(
    ['apply', '-n', namespace, '--server-side', `--field-manager=${manager}`, ...flags, '-f', '-'],
    stringify(object),
  );

describe('annotations on a workload, through the real apiserver', () => {
  useNamespace(namespace);

  it('a Deployment that says it on top gets injected Pods, by one ReplicaSet', async () => {
    await apply(namespace, workload('Deployment', 'web', asked));
    const { spec } = await readyPod(namespace, 'web');
    assert.deepEqual(spec.containers[0].livenessProbe.httpGet, { path: '/livez', port: 8081, scheme: 'HTTP' });
    const { items } = await get(['replicasets', '-n', namespace, '-l', 'app=web']);
    assert.equal(items.length, 1);
  });

  it('every kind of workload hands its annotations down', async () => {
    const job = { template: { spec: { restartPolicy: 'Never', containers: [container] } } };
    await apply(
      namespace,
      workload('StatefulSet', 'stateful', asked, {}, { replicas: 0 }),
      workload('DaemonSet', 'daemon', asked),
      workload('ReplicaSet', 'replica', asked, {}, { replicas: 0 }),
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'job', annotations: prefixed(asked) },
        spec: { ...job, suspend: true },
      },
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'cron', annotations: prefixed(asked) },
        spec: { schedule: '@yearly', jobTemplate: { spec: job } },
      },
    );
    for (const [kind, name] of [
      ['statefulset', 'stateful'],
      ['daemonset', 'daemon'],
      ['replicaset', 'replica'],
      ['job', 'job'],
      ['cronjob', 'cron'],
    ] as const) {
      assert.deepEqual(await templateOf(kind, name), asked, kind);
    }
  });

  it('applying the same again changes nothing, however it is applied', async () => {
    const manifest = workload('Deployment', 'again', asked, {}, { replicas: 0 });
    await apply(namespace, manifest);
    const first = await specOf('again');
    await apply(namespace, manifest);
    await serverSide('argocd', manifest, '--force-conflicts');
    const { metadata } = await get(['deployment', 'again', '-n', namespace]);
    await serverSide('argocd', manifest);
    const { metadata: after } = await get(['deployment', 'again', '-n', namespace]);
    assert.equal(after.resourceVersion, metadata.resourceVersion, 'nothing at all was written');
    await serverSide('flux', manifest);
    await kubectl(['replace', '-n', namespace, '-f', '-'], stringify(manifest));
    assert.deepEqual(await specOf('again'), first);
    assert.deepEqual(await templateOf('deployment', 'again'), asked);
    const shown = await kubectl(['diff', '-n', namespace, '-f', '-'], stringify(manifest));
    assert.equal(shown, '', 'kubectl diff shows nothing');
    assert.equal(
      await kubectl(['diff', '-n', namespace, '--server-side', '--field-manager=flux', '-f', '-'], stringify(manifest)),
      '',
    );
  });

  it('removing them on top removes what was copied and nothing else, for client and server', async () => {
    for (const [name, put] of [
      ['by-client', (object: object) => apply(namespace, object)],
      ['by-server', (object: object) => serverSide('argocd', object)],
    ] as const) {
      await put(workload('Deployment', name, asked, { period: '20s' }, { replicas: 0 }));
      assert.deepEqual(await templateOf('deployment', name), { ...asked, period: '20s' });
      await put(workload('Deployment', name, { pattern: 'port', port: '8080' }, { period: '20s' }, { replicas: 0 }));
      assert.deepEqual(await templateOf('deployment', name), { pattern: 'port', port: '8080', period: '20s' });
      await put(workload('Deployment', name, {}, { period: '20s' }, { replicas: 0 }));
      assert.deepEqual(await templateOf('deployment', name), { period: '20s' });
      const { metadata } = await get(['deployment', name, '-n', namespace]);
      assert.equal(metadata.annotations?.[`${prefix}copied`], undefined);
    }
  });

  it('what one manager writes on the template stays when another takes its annotation from the top', async () => {
    await serverSide('argocd', workload('Deployment', 'shared', asked, {}, { replicas: 0 }));
    const own = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shared' },
      spec: { template: { metadata: { annotations: prefixed({ pattern: 'port', period: '30s' }) } } },
    };
    await serverSide('team', own);
    assert.deepEqual(await templateOf('deployment', 'shared'), { ...asked, period: '30s' });
    await serverSide('argocd', workload('Deployment', 'shared', {}, {}, { replicas: 0 }));
    assert.deepEqual(await templateOf('deployment', 'shared'), { pattern: 'port', period: '30s' });
  });

  it('a mistake is told to the one who applies it', async () => {
    const shown = await kubectl(
      ['apply', '-n', namespace, '--dry-run=server', '-f', '-', '--warnings-as-errors'],
      stringify(workload('Deployment', 'wrong', { pattern: 'sidecars' })),
    ).catch((error: Error) => error.message);
    assert.match(
      shown,
      /Warning: health-injector: health\.example\.com\/pattern: received "sidecars", expected a comma list/,
    );
  });

  it('two hundred Deployments at once are each written once', async () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      workload('Deployment', `many-${index}`, asked, {}, { replicas: 0 }),
    );
    await apply(namespace, ...many);
    await eventually('all are observed', 60, async () => {
      const { items } = await get(['deployments', '-n', namespace]);
      const ours = items.filter(({ metadata }: any) => metadata.name.startsWith('many-'));
      return (
        ours.length === 200 &&
        ours.every(({ status, metadata }: any) => status.observedGeneration === metadata.generation)
      );
    });
    const { items } = await get(['deployments', '-n', namespace]);
    const ours = items.filter(({ metadata }: any) => metadata.name.startsWith('many-'));
    assert(
      ours.every(({ metadata }: any) => metadata.generation === 1),
      'no Deployment was written a second time',
    );
    assert(ours.every(({ spec }: any) => spec.template.metadata.annotations[`${prefix}pattern`] === 'port'));
    assert.deepEqual(await podsOf(namespace, 'many-0'), []);
  });
});
