import fc from 'fast-check';
import { keys } from '../../src/inject/intent/annotations.ts';
import { containerNames } from './arbitrary-pod.ts';
import { anyText } from './any-text.ts';

const prefix = 'health.example.com/';

const check = fc.constantFrom(
  'http://:8080/healthz',
  'http://:8080/$(HOSTNAME)/$$x',
  'https://:8443/?host-header=shop.example',
  'http://127.0.0.1:8080/?status=200-299',
  'https://:8443/?ca=/etc/tls/ca.crt',
  'tcp://:6379',
  'tcp://cache.shop.svc:6379',
  'grpc://:50051/shop.v1.Checkout',
  'dns://:53/healthy.example?type=A',
  'redis://:6379',
  'redis://:$REDIS_PASSWORD@:6379',
  'redis://$REDIS_USER:$A@:6379',
  'redis://:6379?password-file=/run/secrets/redis/password',
  'file:///tmp/heartbeat?max-age=30s',
  'listen://:6379',
  'push:?max-age=60s',
  'temperature:?max=90C&for=5m',
  'disk:///data?min-free=5%',
  'gpu:',
  'exec:redis-cli -a "$(REDIS_PASSWORD)" ping',
);
const checks = fc.oneof(
  { weight: 4, arbitrary: check },
  { weight: 1, arbitrary: fc.array(check, { minLength: 1, maxLength: 3 }).map((list) => list.join('\n')) },
  { weight: 1, arbitrary: check.map((text) => `first=${text}`) },
);
const probeChecks = fc.oneof({ weight: 3, arbitrary: checks }, { weight: 1, arbitrary: fc.constant('off') });

const duration = fc.constantFrom('1s', '5s', '10s', '1m30s');
const count = fc.integer({ min: 1, max: 20 }).map(String);

/** What each key may hold when all is well. */
const values: Readonly<Record<string, fc.Arbitrary<string>>> = {
  pattern: fc.oneof(
    fc.shuffledSubarray(['port', 'sidecar', 'cli', 'hardware'], { minLength: 1 }).map((names) => names.join(',')),
    fc.constant('sidecar,cli'),
    fc.constant('sidecar,hardware'),
    fc.constant('none'),
  ),
  check: checks,
  liveness: probeChecks,
  readiness: probeChecks,
  startup: probeChecks,
  container: fc.constantFrom(...containerNames),
  port: fc.constantFrom('8080', 'http', 'admin'),
  path: fc.constantFrom('/healthz', '/healthz?full=1'),
  scheme: fc.constantFrom('http', 'https'),
  period: duration,
  timeout: fc.constantFrom('1s', '500ms', '2500ms'),
  'initial-delay': fc.constantFrom('0s', '10s'),
  'startup-timeout': fc.constantFrom('1s', '20m'),
  'failure-threshold': count,
  'success-threshold': count,
  'termination-grace-period': duration,
  'health-port': fc.constantFrom('9440', '19000'),
  cpu: fc.constantFrom('20m', '0.5'),
  memory: fc.constantFrom('16Mi', '1G'),
  delivery: fc.constantFrom('init-container', 'image-volume'),
  mode: fc.constantFrom('sidecar', 'cli'),
  'on-failure': fc.constantFrom('move', 'move-alone', 'report'),
  'move-window': fc.constantFrom('10s', '10m', '1h'),
  reasons: fc.constantFrom('pod', 'public'),
  'host-paths': fc.constantFrom('/sys', '/sys,/proc', '/var/lib/fake/sys:/sys'),
  devices: fc.constantFrom('/dev/nvme0', '/dev/sda,/dev/infiniband/uverbs0'),
  'device-resource': fc.constant('nvidia.com/gpu'),
  'resource-claim': fc.constant('gpu'),
  image: fc.constant('other:1'),
  'restart-budget': fc.constantFrom('off', '25%', '100%'),
  pause: fc.constantFrom('15m', 'odd'),
  'pause-readiness': fc.constant('true'),
  trial: fc.constant('true'),
};

/** How many Pods of a hundred have the key. */
const share: Readonly<Record<string, number>> = {
  pattern: 95,
  check: 80,
  container: 15,
  port: 5,
  path: 2,
  scheme: 2,
  'health-port': 5,
  mode: 5,
  'on-failure': 5,
  'move-window': 5,
  'host-paths': 3,
  devices: 2,
  'device-resource': 2,
  'resource-claim': 2,
  image: 1,
};

const sometimes = <T>(value: fc.Arbitrary<T>, percent: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: percent, arbitrary: value }, { weight: 100 - percent, arbitrary: fc.constant(undefined) });

function valueOf(key: string): fc.Arbitrary<string> {
  const value = values[key];
  if (!value) throw new Error(`no values are made for the annotation ${key}`);
  return value;
}

const wellWritten = (suffix: string, percent: number) =>
  fc.record(
    Object.fromEntries(
      Object.entries(keys)
        .filter(([, { reach }]) => suffix === '' || reach !== 'pod')
        .map(([key]) => [`${prefix}${key}${suffix}`, sometimes(valueOf(key), Math.min(share[key] ?? 8, percent))]),
    ),
  );

const suffixed = fc.constantFrom(...containerNames.slice(0, 3)).chain((name) => wellWritten(`.${name}`, 40));

const noise = fc.dictionary(
  fc.oneof(fc.constantFrom(...Object.keys(keys)), fc.string()).map((key) => prefix + key),
  anyText,
  { maxKeys: 1 },
);

/** Annotations that are mostly well written, some of them for one container, now and then with noise among them. */
export const arbitraryAnnotations: fc.Arbitrary<Record<string, string>> = fc
  .tuple(wellWritten('', 100), sometimes(suffixed, 30), sometimes(noise, 5))
  .map(
    (parts) =>
      Object.fromEntries(
        parts.flatMap((part) => Object.entries(part ?? {})).filter(([, value]) => value !== undefined),
      ) as Record<string, string>,
  );
