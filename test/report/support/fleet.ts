import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Apiserver } from '../../validity/apiserver.ts';

const root = new URL('../../../', import.meta.url).pathname;
const prefix = 'health.example.com/';

export const namespaceCount = 20;

/** How a workload of each namespace looks; every one of them is made in each namespace. */
type Kind = {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet' | 'CronJob' | 'Job' | 'Pod';
  readonly name: string;
  readonly pods: number;
  readonly image: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly hasProbe?: true;
  readonly restarts?: number;
  readonly isUnready?: true;
};

export const kinds: readonly Kind[] = [
  {
    kind: 'Deployment',
    name: 'cache',
    pods: 2,
    image: 'redis:7',
    annotations: { pattern: 'sidecar', check: 'redis://:6379' },
  },
  { kind: 'Deployment', name: 'own', pods: 2, image: 'app:1', hasProbe: true },
  { kind: 'Deployment', name: 'unasked-cache', pods: 1, image: 'redis:7' },
  { kind: 'Deployment', name: 'unasked', pods: 1, image: 'app:1' },
  {
    kind: 'StatefulSet',
    name: 'db',
    pods: 1,
    image: 'postgres:16',
    annotations: { pattern: 'cli', check: 'tcp://:5432' },
  },
  { kind: 'DaemonSet', name: 'node-agent', pods: 2, image: 'app:1', hasProbe: true },
  { kind: 'CronJob', name: 'nightly', pods: 0, image: 'app:1' },
  {
    kind: 'Deployment',
    name: 'mistaken',
    pods: 1,
    image: 'app:1',
    annotations: { pattern: 'port', check: '<img src=x onerror=alert(1)>' },
  },
  { kind: 'Deployment', name: 'opted-out', pods: 1, image: 'redis:7', annotations: { pattern: 'none' } },
  { kind: 'Job', name: 'import', pods: 1, image: 'app:1' },
  { kind: 'Pod', name: 'bare', pods: 1, image: 'redis:7' },
  {
    kind: 'Deployment',
    name: 'unwell',
    pods: 2,
    image: 'memcached:1',
    annotations: { pattern: 'sidecar', check: 'memcached://:11211' },
    restarts: 3,
    isUnready: true,
  },
  { kind: 'StatefulSet', name: 'web', pods: 1, image: 'nginx:1', annotations: { pattern: 'auto' } },
  { kind: 'Deployment', name: 'asleep', pods: 0, image: 'app:1', annotations: { pattern: 'port', check: 'tcp://:80' } },
  { kind: 'ReplicaSet', name: 'set', pods: 1, image: 'app:1' },
];

/** The apiserver asks the webhook for the Pods of the namespaces with this label: in the others they are missed. */
export const asked = 'asked';

const namespaceName = (index: number): string => `shop-${String(index).padStart(2, '0')}`;

/** Each fifth namespace is made while the webhook is away. */
function namespaceLabels(index: number): Record<string, string> {
  return {
    ...(index % 5 === 4 ? {} : { [asked]: 'true' }),
    ...(index === 3 ? { [`${prefix}inject`]: 'disabled' } : {}),
    ...(index === 6 ? { [`${prefix}inject`]: 'enabled' } : {}),
    ...(index === 7 ? { stage: 'audit' } : {}),
    ...(index === 8 ? { stage: 'enforce' } : {}),
  };
}

const groups = { Deployment: 'apps/v1', StatefulSet: 'apps/v1', DaemonSet: 'apps/v1', ReplicaSet: 'apps/v1' } as const;
const apiOf = (kind: Kind['kind']): string =>
  kind === 'Pod' ? 'v1' : kind === 'CronJob' || kind === 'Job' ? 'batch/v1' : groups[kind];
const pathOf = (kind: Kind['kind'], namespace: string): string =>
  `/${kind === 'Pod' ? 'api' : 'apis'}/${apiOf(kind)}/namespaces/${namespace}/${kind.toLowerCase()}s`;

function podTemplate({ name, image, annotations = {}, hasProbe, kind }: Kind) {
  const probe = { tcpSocket: { port: 8080 } };
  return {
    metadata: {
      labels: { app: name },
      annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value])),
    },
    spec: {
      automountServiceAccountToken: false,
      ...(kind === 'Job' || kind === 'CronJob' ? { restartPolicy: 'Never' } : {}),
      containers: [{ name: 'app', image, ...(hasProbe ? { livenessProbe: probe, readinessProbe: probe } : {}) }],
    },
  };
}

function workload(kind: Kind): object {
  const template = podTemplate(kind);
  const selector = { matchLabels: { app: kind.name } };
  const metadata = { name: kind.name };
  const job = { template };
  const spec = {
    Pod: template.spec,
    Job: job,
    CronJob: { schedule: '0 0 * * *', jobTemplate: { spec: job } },
    DaemonSet: { selector, template },
    Deployment: { selector, template, replicas: kind.pods },
    ReplicaSet: { selector, template, replicas: kind.pods },
    StatefulSet: { selector, template, replicas: kind.pods, serviceName: kind.name },
  }[kind.kind];
  return { apiVersion: apiOf(kind.kind), kind: kind.kind, metadata, spec };
}

const controlledBy = (apiVersion: string, kind: string, { name, uid }: { name: string; uid: string }) => [
  { apiVersion, kind, name, uid, controller: true },
];

const crd = (file: string): object => parse(readFileSync(`${root}deploy/crds/${file}.yaml`, 'utf8'));

const policy = (name: string, mode: string): object => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'HealthPolicy',
  metadata: { name },
  spec: {
    mode,
    namespaceSelector: { matchLabels: { stage: name } },
    match: { images: ['redis'] },
    inject: { pattern: 'sidecar', check: 'redis://:6379' },
  },
});

/** Makes the resources of health-injector, two policies and the namespaces. */
export async function makeNamespaces({ must, call }: Apiserver): Promise<void> {
  for (const file of ['healthpolicies', 'nodequarantines']) {
    await must('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd(file));
  }
  const group = '/apis/health.example.com/v1alpha1';
  for (const resource of ['healthpolicies', 'nodequarantines']) {
    while ((await call('GET', `${group}/${resource}`)).status !== 200)
      await new Promise((done) => setTimeout(done, 100));
  }
  await must('POST', `${group}/healthpolicies`, policy('audit', 'Audit'));
  await must('POST', `${group}/healthpolicies`, policy('enforce', 'Enforce'));
  for (let index = 0; index < namespaceCount; index += 1) {
    const name = namespaceName(index);
    await must('POST', '/api/v1/namespaces', { metadata: { name, labels: namespaceLabels(index) } });
    await must('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
  }
}

/** Makes the workloads, and what their controllers and the kubelet would: ReplicaSets, Pods and their status. */
export async function makeWorkloads(apiserver: Apiserver): Promise<void> {
  const indexes = Array.from({ length: namespaceCount }, (_, index) => index).values();
  const work = async (): Promise<void> => {
    for (const index of indexes) for (const kind of kinds) await makeWorkload(apiserver, namespaceName(index), kind);
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

async function makeWorkload({ must }: Apiserver, namespace: string, kind: Kind): Promise<void> {
  const template = podTemplate(kind);
  const make = (object: object): Promise<any> =>
    must('POST', pathOf('Pod', namespace), { apiVersion: 'v1', kind: 'Pod', ...object });
  if (kind.kind === 'Pod') {
    return writeStatus(must, await make({ ...template, metadata: { ...template.metadata, name: kind.name } }), kind);
  }
  const { metadata } = await must('POST', pathOf(kind.kind, namespace), workload(kind));
  let owners = controlledBy(apiOf(kind.kind), kind.kind, metadata);
  if (kind.kind === 'Deployment') {
    const name = `${kind.name}-5d8f`;
    const set = await must('POST', pathOf('ReplicaSet', namespace), {
      ...workload({ ...kind, kind: 'ReplicaSet' }),
      metadata: { name, ownerReferences: owners },
    });
    owners = controlledBy('apps/v1', 'ReplicaSet', set.metadata);
  }
  for (let pod = 0; pod < kind.pods; pod += 1) {
    const name = `${kind.name}-${pod}`;
    const made = await make({ ...template, metadata: { ...template.metadata, name, ownerReferences: owners } });
    await writeStatus(must, made, kind);
  }
}

async function writeStatus(must: Apiserver['must'], pod: any, { isUnready, restarts = 0, image }: Kind): Promise<void> {
  const { namespace, name } = pod.metadata;
  const ready = isUnready ? 'False' : 'True';
  const container = { name: 'app', image, imageID: image, ready: !isUnready, restartCount: restarts };
  const status = {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: ready, lastTransitionTime: new Date().toISOString() }],
    containerStatuses: [{ ...container, state: { running: { startedAt: new Date().toISOString() } } }],
  };
  await must('PUT', `${pathOf('Pod', namespace)}/${name}/status`, { ...pod, status });
}

const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

const owner = (name: string, hours: number) => ({
  owner: { namespace: 'shop-00', kind: 'Deployment', name },
  check: 'temperature',
  message: 'its sidecar says "nvme Composite 95 C >= 84 C critical"',
  since: hoursAgo(hours),
  until: hoursAgo(hours - 24),
  moves: [{ podUid: `uid-${name}`, podName: `${name}-0`, at: hoursAgo(hours - 0.1) }],
});

/** What the controller would leave behind: a node that is quarantined for two owners, and Events. */
export async function makeHistory({ must }: Apiserver): Promise<void> {
  await must('POST', '/apis/health.example.com/v1alpha1/nodequarantines', {
    apiVersion: 'health.example.com/v1alpha1',
    kind: 'NodeQuarantine',
    metadata: { name: 'node-a' },
    spec: { nodeName: 'node-a', scope: 'Owner', owners: [owner('cache', 30), owner('unwell', 5)] },
  });
  for (const [index, reason] of ['MoveHeld', 'HealthCheckMissed', 'ReplacementRunning'].entries()) {
    await must('POST', '/api/v1/namespaces/shop-00/events', {
      metadata: { name: `event-${index}` },
      involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cache', namespace: 'shop-00' },
      reason,
      message: `What happened: ${reason}.`,
      type: 'Warning',
      count: 1,
      firstTimestamp: hoursAgo(index + 1),
      lastTimestamp: hoursAgo(index + 1),
    });
  }
}
