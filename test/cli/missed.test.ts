import assert from 'node:assert/strict';
import { startCluster } from './support/cluster.ts';
import { healthInjector, runHere } from './support/health-injector.ts';

const list = (items: readonly object[]): object => ({ metadata: { resourceVersion: '1' }, items });
const redis = { containers: [{ name: 'redis', image: 'redis:7' }] };
const pod = (namespace: string, name: string, annotations: object, owned = true): object => ({
  metadata: {
    uid: name,
    namespace,
    name,
    annotations,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ownerReferences: owned
      ? [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'redis-1', uid: 'rs', controller: true }]
      : [],
  },
  spec: redis,
});
const asked = { 'health.example.com/pattern': 'sidecar' };
const workload = (name: string, below: object = {}, above: object = asked): object => ({
  metadata: { namespace: 'shop', name, annotations: { ...above, 'health.example.com/copied': '' } },
  spec: { template: { metadata: { annotations: below }, spec: redis } },
});
const policies = [
  {
    apiVersion: 'health.example.com/v1alpha1',
    kind: 'HealthPolicy',
    metadata: { name: 'caches' },
    spec: { namespaceSelector: { matchLabels: { team: 'red' } } },
  },
];
const answers = {
  '/apis/health.example.com/v1alpha1/healthpolicies?limit=250': list(policies),
  '/api/v1/namespaces?limit=250': list([
    { metadata: { name: 'shop', labels: { team: 'red' } } },
    { metadata: { name: 'office' } },
  ]),
  '/api/v1/pods?limit=250': list([
    pod('shop', 'redis-1-a', {}),
    pod('office', 'redis-1-b', {}),
    pod('office', 'bare', { 'health.example.com/pattern': 'port', 'health.example.com/port': '1' }, false),
  ]),
  '/apis/apps/v1/namespaces/shop/replicasets/redis-1': {
    metadata: {
      name: 'redis-1',
      uid: 'rs',
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'redis', uid: 'd', controller: true }],
    },
  },
  '/apis/apps/v1/deployments?limit=250': list([workload('late'), workload('whole', asked), workload('silent', {}, {})]),
  '/apis/batch/v1/cronjobs?limit=250': list([
    { ...workload('nightly'), spec: { jobTemplate: { spec: { template: { metadata: {} } } } } },
  ]),
  '/api/v1/namespaces/office/pods?limit=250': list([pod('office', 'redis-1-b', {})]),
};

describe('health-injector missed', function () {
  let cluster: Awaited<ReturnType<typeof startCluster>>;
  before(async () => (cluster = await startCluster(answers)));
  after(() => cluster.stop());
  const argsOf = (args: readonly string[]) => ['missed', '--kubeconfig', cluster.kubeconfig, ...args];
  const missed = (...args: readonly string[]) => runHere(argsOf(args));

  it('lists what lacks its check, in all namespaces, and ends with 1', async () => {
    const { code, out } = await healthInjector(argsOf([]));
    assert.equal(
      out,
      [
        'NAMESPACE   OWNER              POD         ASKED                                   LACKS',
        'shop        Deployment/redis   redis-1-a   HealthPolicy caches asks                initContainers/health-probe,redis/livenessProbe,redis/readinessProbe,redis/startupProbe',
        'office                         bare        its annotations ask                     redis/livenessProbe,redis/readinessProbe',
        'shop        Deployment/late                the annotations of the Deployment ask   health.example.com/pattern on its template',
        'shop        CronJob/nightly                the annotations of the CronJob ask      health.example.com/pattern on its template',
        '',
        'New Pods have what is missing:',
        'kubectl rollout restart deployment/redis -n shop',
        'kubectl rollout restart deployment/late -n shop',
        'kubectl annotate cronjob/nightly -n shop --overwrite health.example.com/copied=again',
        '',
      ].join('\n'),
    );
    assert.equal(code, 1);
  });

  it('finds none in a namespace where nobody asks, and says so', async () => {
    assert.deepEqual(await missed('-n', 'office'), { code: 0, out: 'No Pod was missed.\n', errors: '' });
  });

  it('gives the same to programs', async () => {
    const { out } = await missed('-o', 'json');
    const [first] = JSON.parse(out);
    assert.deepEqual(
      [first.owner, first.mend],
      ['Deployment/redis', 'kubectl rollout restart deployment/redis -n shop'],
    );
  });

  it('says what it may not see', async () => {
    const { code, errors } = await missed('--context', 'guest');
    assert.equal(code, 2);
    assert.match(errors, /^The cluster does not show \/apis\/health.example.com\/v1alpha1\/healthpolicies: 403/);
  });
});
