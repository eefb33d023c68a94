import { healthyContainer, trialBody } from '../../trial/support/answers.ts';

const list = (items: readonly object[]): object => ({ metadata: { resourceVersion: '1' }, items });

const args = [
  'serve',
  '--port',
  '9440',
  '--verbose',
  '--trial',
  '--container',
  'app',
  '--period',
  '10s',
  '--timeout',
  '1s',
];

const pod = (namespace: string, name: string, status: object = { by: 'HealthPolicy caches', trial: true }): object => ({
  metadata: {
    uid: name,
    namespace,
    name,
    labels: { 'pod-template-hash': '5d8f' },
    annotations: {
      'health.example.com/status': JSON.stringify({
        patterns: ['sidecar'],
        added: ['initContainers/health-probe'],
        ...status,
      }),
    },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name.split('-')[0]}-5d8f`, uid: 'rs', controller: true },
    ],
  },
  spec: {
    containers: [{ name: 'app', image: 'app:1' }],
    initContainers: [{ name: 'health-probe', restartPolicy: 'Always', args }],
  },
});

const pods = [
  pod('shop', 'good-5d8f-a'),
  pod('shop', 'good-5d8f-b'),
  pod('shop', 'bad-5d8f-a'),
  pod('shop', 'own-5d8f-a', { trial: true }),
  pod('shop', 'usual-5d8f-a', { by: 'HealthPolicy caches' }),
];

const policy = {
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'HealthPolicy',
  metadata: {
    name: 'caches',
    uid: 'u',
    resourceVersion: '7',
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', team: 'red' },
  },
  spec: { mode: 'Trial', priority: 3, inject: { pattern: 'sidecar', check: 'redis://:6379' } },
  status: { matched: 4 },
};

const proxy = (namespace: string, name: string): string =>
  `/api/v1/namespaces/${namespace}/pods/${name}:9440/proxy/trialz`;

/** What an apiserver answers where five Pods run, of which four are on trial, one of them fails and another is slow. */
export const trialAnswers: Readonly<Record<string, object | string>> = {
  '/api/v1/pods?limit=250': list([...pods, pod('office', 'far-5d8f-a')]),
  '/api/v1/namespaces/shop/pods?limit=250': list(pods),
  '/api/v1/namespaces/empty/pods?limit=250': list([]),
  '/apis/health.example.com/v1alpha1/healthpolicies/caches': policy,
  '/api/v1/namespaces/shop/pods/bad-5d8f-a': pod('shop', 'bad-5d8f-a'),
  [proxy('shop', 'good-5d8f-a')]: trialBody(healthyContainer),
  [proxy('shop', 'good-5d8f-b')]: trialBody(healthyContainer),
  [proxy('shop', 'bad-5d8f-a')]: trialBody({ unproven: [] }),
  [proxy('shop', 'own-5d8f-a')]: trialBody(healthyContainer, { sinceSeconds: 120 }),
  [proxy('office', 'far-5d8f-a')]: 'forbidden',
};
