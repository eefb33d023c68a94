import fc from 'fast-check';
import type { Pod } from '../../src/inject/pod/pod.ts';

/** What an env entry holds in an arbitrary Pod: to be found nowhere but in an env. */
export const secret = 'S3cr3t-of-the-user';

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const some = <T>(value: fc.Arbitrary<T>, maxLength: number, key: (item: T) => unknown): fc.Arbitrary<T[]> =>
  fc.uniqueArray(value, { maxLength, selector: key });

/** Names that others use, and those that we would use. */
export const containerNames = [
  'app',
  'redis',
  'web',
  'istio-proxy',
  'health-probe',
  'health-probe-2',
  'health-probe-agent',
];
const volumeNames = ['data', 'tls', 'tmp', 'kube-api-access-x2x4z', 'health-probe-agent', 'health-probe'];
const mountPaths = ['/data', '/tmp', '/etc/tls/ca.crt', '/run/secrets/redis', '/opt', '/opt/health-probe', '/'];

const handler = fc.constantFrom(
  { exec: { command: ['true'] } },
  { httpGet: { path: '/mine', port: 'http', host: '10.0.0.1' } },
  { tcpSocket: { port: 8080 } },
  { grpc: { port: 9000, service: '' } },
);
const probe = fc
  .tuple(handler, fc.integer({ min: 1, max: 60 }))
  .map(([action, periodSeconds]) => Object.assign({ periodSeconds }, action));

const port = fc.record({
  containerPort: fc.constantFrom(53, 6379, 8080, 9440, 9441, 9442),
  name: optional(fc.constantFrom('http', 'admin')),
  protocol: optional(fc.constantFrom('TCP', 'UDP')),
});

const env = fc.record({
  name: fc.constantFrom('REDIS_PASSWORD', 'REDIS_USER', 'A', 'x.y-z'),
  value: optional(fc.constantFrom(secret, `$(A)${secret}`, `$(REDIS_PASSWORD)`, `$$(A)$(`, '')),
  valueFrom: optional(fc.constant({ secretKeyRef: { name: 'redis', key: 'password' } })),
});

const envFrom = fc.constantFrom(
  { secretRef: { name: 'redis' } },
  { configMapRef: { name: 'settings' }, prefix: 'REDIS_' },
);

const mount = fc.record({
  name: fc.constantFrom(...volumeNames),
  mountPath: fc.constantFrom(...mountPaths),
  readOnly: optional(fc.boolean()),
  subPath: optional(fc.constant('part')),
});

const container = (restartPolicy: fc.Arbitrary<string | undefined>) =>
  fc.record({
    name: fc.constantFrom(...containerNames),
    image: fc.constant('image:1'),
    restartPolicy,
    ports: optional(some(port, 2, ({ name, containerPort }) => name ?? containerPort)),
    env: optional(fc.array(env, { maxLength: 4 })),
    envFrom: optional(fc.array(envFrom, { maxLength: 2 })),
    volumeMounts: optional(some(mount, 4, ({ mountPath }) => mountPath)),
    livenessProbe: optional(probe),
    readinessProbe: optional(probe),
    startupProbe: optional(probe),
    securityContext: optional(fc.constant({ runAsUser: 0, privileged: true })),
  });

const spec = fc.record({
  containers: fc.uniqueArray(container(fc.constant(undefined)), {
    minLength: 1,
    maxLength: 4,
    selector: ({ name }) => name,
  }),
  initContainers: optional(some(container(optional(fc.constant('Always'))), 4, ({ name }) => name)),
  volumes: fc.shuffledSubarray(volumeNames).map((names) => names.map((name) => ({ name, emptyDir: {} }))),
  restartPolicy: optional(fc.constantFrom('Always', 'OnFailure', 'Never')),
  hostNetwork: optional(fc.boolean()),
  os: optional(fc.constantFrom({ name: 'linux' }, { name: 'linux' }, { name: 'windows' })),
});

const metadata = fc.record({
  generateName: fc.constant('app-'),
  labels: optional(fc.constant({ app: 'app', 'pod-template-hash': '5d8f7c9b4' })),
  ownerReferences: optional(
    fc.constantFrom(
      [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app', uid: '1' }],
      [{ apiVersion: 'batch/v1', kind: 'Job', name: 'app', uid: '1' }],
    ),
  ),
});

/** A Pod that a user may have written, with these annotations; what the apiserver would refuse is taken out. */
export const arbitraryPod = (annotations: fc.Arbitrary<Record<string, string>>): fc.Arbitrary<Pod> =>
  fc.record({ metadata, annotations, spec }).map(({ annotations: written, ...rest }) => {
    const { containers, initContainers, volumes, ...others } = rest.spec;
    const main = new Set(containers.map(({ name }) => name));
    const isMounted = ({ name }: { name: string }): boolean => volumes.some((volume) => volume.name === name);
    const mounted = <T extends { volumeMounts: { name: string }[] | undefined }>(item: T) => ({
      ...item,
      volumeMounts: item.volumeMounts?.filter(isMounted),
    });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...rest.metadata, annotations: written },
      spec: {
        ...others,
        containers: containers.map(mounted),
        initContainers: initContainers?.filter(({ name }) => !main.has(name)).map(mounted),
        volumes,
      },
    };
    return JSON.parse(JSON.stringify(pod)) as Pod;
  });
