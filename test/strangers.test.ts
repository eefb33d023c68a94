import assert from 'node:assert/strict';
import { inject } from '../src/inject/inject.ts';
import type { Pod } from '../src/inject/pod/pod.ts';
import { commandCharacters, imageCharacters, podLimits } from '../src/inject/pod/limits.ts';
import { compilePolicy } from '../src/policy/policy.ts';
import { createPolicySet } from '../src/policy/policy-set.ts';
import { readNamespace } from '../src/policy/store.ts';
import { type RunningWebhook, patchOf, reviewOf, startWebhook, testContext } from './support/webhook.ts';

const prefix = 'health.example.com/';
const json = { 'content-type': 'application/json' };

/** Of CPU, for the test's own work too. Each of these took from half a second to minutes when its cost was not linear. */
const mostCpuMs = 1_000;

type Container = Record<string, unknown>;

const pod = (containers: readonly Container[], rest: Record<string, unknown> = {}, metadata: object = {}) => ({
  metadata: { annotations: { [`${prefix}pattern`]: 'auto' }, ...metadata },
  spec: { containers, ...rest },
});
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const app = (image: string, rest: Container = {}): Container => ({ name: 'app', image, ...rest });
const megabyte = 1_000_000;

const attacks: Readonly<Record<string, () => object>> = {
  'arguments that say port': () => pod([app('redis', { args: ['port'.repeat(megabyte / 4)] })]),
  'arguments that say port and many spaces': () => pod([app('redis', { args: [`port=${' '.repeat(megabyte)}`] })]),
  'arguments that say -p': () => pod([app('redis', { args: times(150_000, () => '-p') })]),
  'arguments that say LISTENER': () =>
    pod([app('kafka', { ports: [{ containerPort: 9092 }], args: ['LISTENER'.repeat(megabyte / 8)] })]),
  'variables that say LISTENER': () =>
    pod([app('kafka', { env: times(20_000, (at) => ({ name: `LISTENER${at}`, value: 'LISTENER='.repeat(5) })) })]),
  'arguments of dashes': () => pod([app('memcached', { args: [`-${'x'.repeat(megabyte)}`] })]),
  'images of slashes': () => pod([app('/'.repeat(megabyte))]),
  'images of at signs': () => pod([app('@'.repeat(megabyte))]),
  'images of colons': () => pod([app(':'.repeat(megabyte))]),
  'images of one letter': () => pod([app('a'.repeat(megabyte))]),
  'images of as many letters as are looked at': () =>
    pod(times(podLimits.containers, (at) => ({ name: `c${at}`, image: 'a'.repeat(imageCharacters) }))),
  'a different image in each of as many containers as are looked at': () =>
    pod(
      times(podLimits.containers, (at) => ({
        name: `c${at}`,
        image: `r/${'ab/'.repeat(imageCharacters / 4)}${at}redis`,
      })),
    ),
  'annotations for thousands of containers that are not there': () =>
    pod(
      times(podLimits.containers, (at) => ({ name: `${'c'.repeat(60)}${at}`, image: 'redis' })),
      {},
      { annotations: Object.fromEntries(times(8_000, (at) => [`${prefix}check.d${at}`, 'tcp://:1'])) },
    ),
  'as many ports as are looked at': () =>
    pod([app('redis', { ports: times(podLimits.ports, (at) => ({ containerPort: 1_024 + at, name: `p${at}` })) })]),
  '16,000 containers with a port': () =>
    pod(times(16_000, (at) => ({ name: `c${at}`, image: 'redis', ports: [{ containerPort: 6379 }] }))),
  '16,000 containers with a check each': () =>
    pod(
      times(16_000, (at) => ({ name: `c${at}`, image: 'redis' })),
      {},
      { annotations: Object.fromEntries(times(16_000, (at) => [`${prefix}check.c${at}`, 'tcp://:1'])) },
    ),
  '40,000 ports': () =>
    pod([app('redis', { ports: times(40_000, (at) => ({ containerPort: 9440 + at, name: `p${at}` })) })]),
  '50,000 labels in many containers': () =>
    pod(
      times(podLimits.containers, (at) => ({ name: `c${at}`, image: `app:${at}` })),
      {},
      { labels: Object.fromEntries(times(50_000, (at) => [`key-${at}`, 'x'])) },
    ),
  '60,000 volumes of the name that is wanted': () =>
    pod([app('redis')], { volumes: times(60_000, (at) => ({ name: `health-probe-${at}` })) }),
  '50,000 terms of the node affinity': () =>
    pod([app('redis')], {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: times(50_000, () => ({ matchFields: [] })),
          },
        },
      },
    }),
  'variables that refer to a megabyte of others': () =>
    pod(
      [app('redis', { env: [{ name: 'A', value: times(megabyte / 8, (at) => `$(V${at})`).join('') }] })],
      {},
      { annotations: { [`${prefix}pattern`]: 'sidecar', [`${prefix}check`]: 'redis://:$A@:6379' } },
    ),
  'annotations of many exec checks': () =>
    pod(
      [app('app')],
      {},
      {
        annotations: Object.fromEntries(
          times(64, (at) => [`${prefix}check.c${at}`, `${' exec:a'.repeat(500)}\u2028`.slice(-4_096)]),
        ),
      },
    ),
  'annotations of many equal checks': () =>
    pod(
      [app('app')],
      {},
      {
        annotations: { [`${prefix}pattern`]: 'port', [`${prefix}check`]: times(680, (at) => `a${at % 9}=b`).join(' ') },
      },
    ),
  'annotations of megabytes': () =>
    pod(
      [app('app')],
      {},
      { annotations: Object.fromEntries(times(700, (at) => [`${prefix}check.c${at}`, 'tcp://:1 '.repeat(450)])) },
    ),
  'a status of a megabyte': () =>
    pod(
      [app('redis')],
      {},
      {
        annotations: {
          [`${prefix}pattern`]: 'auto',
          [`${prefix}status`]: `{"added":[${'"a",'.repeat(megabyte / 4)}"a"]}`,
        },
      },
    ),
  'a name of a megabyte': () =>
    pod([app('redis')], {}, { generateName: 'a'.repeat(megabyte), ownerReferences: [{ kind: 'b'.repeat(megabyte) }] }),
};

describe("a stranger's Pod costs little more than its size", () => {
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook();
    webhook.store.namespaces.reset([{ metadata: { name: 'shop', labels: { [`${prefix}inject`]: 'enabled' } } }]);
    webhook.store.policies.reset(
      times(200, (at) => ({
        apiVersion: 'health.example.com/v1alpha1',
        kind: 'HealthPolicy' as const,
        metadata: { name: `p${at}` },
        spec: {
          ...(at % 2 === 0 ? { podSelector: { matchLabels: { app: `${at}` } } } : {}),
          match: { images: ['*a*a*a*a*a*b', '**a*/**a*/**b', `*/ab/**/*redis${at}`, 'redis'], ports: [at + 1] },
        },
      })),
    );
    webhook.store.quarantines.reset([]);
  });
  after(() => webhook.stop());

  for (const [name, make] of Object.entries(attacks)) {
    for (const [kind, request] of [
      ['a Pod', {}],
      ['a Deployment', { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } }],
    ] as const) {
      it(`with ${name}, in ${kind}`, async () => {
        const object = kind === 'a Pod' ? make() : { kind: 'Deployment', metadata: {}, spec: { template: make() } };
        const text = JSON.stringify(reviewOf(object, request));
        const before = process.cpuUsage();
        const { code, body } = await webhook.send('POST', '/mutate', text, json);
        const { user, system } = process.cpuUsage(before);
        assert.equal(code, 200, body);
        const { response } = JSON.parse(body);
        assert.equal(response.allowed, true);
        assert(body.length < 2 * megabyte, `${body.length} bytes of answer`);
        assert((user + system) / 1_000 < mostCpuMs, `${(user + system) / 1_000} ms of CPU`);
      });
    }
  }
});

const reasonOf = (given: object): string => {
  const outcome = inject(given as unknown as Pod, testContext);
  return outcome.kind === 'skipped' ? outcome.reason : outcome.kind;
};
const redis = (name: string): Container => ({ name, image: 'redis' });
const withVolumes = (count: number) => pod([redis('c')], { volumes: times(count, (at) => ({ name: `v${at}` })) });
const withLabels = (count: number) =>
  pod(
    [redis('c')],
    {},
    {
      annotations: { [`${prefix}pattern`]: 'auto' },
      labels: Object.fromEntries(times(count, (at) => [`l${at}`, 'x'])),
    },
  );
const withPorts = (count: number) =>
  pod([{ ...redis('c'), ports: times(count, (at) => ({ containerPort: 6_379 + at })) }]);
const withTerms = (count: number) =>
  pod([redis('c')], {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: times(count, () => ({})) },
      },
    },
  });
const withAnnotations = (count: number) => {
  const others = Object.fromEntries(times(count - 1, (at) => [`a${at}`, '']));
  return pod([redis('c')], {}, { annotations: { [`${prefix}pattern`]: 'auto', ...others } });
};
const fields = (count: number) => Object.fromEntries(times(count, (at) => [`field-${at}`, '']));
const withArgument = (length: number) => pod([{ ...redis('c'), args: ['--'.padEnd(length, 'x')] }]);

describe('the limits of what is looked at', () => {
  it('let a Pod with as many containers as the limit be injected, and none with one more', () => {
    const { containers } = podLimits;
    assert.equal(reasonOf(pod(times(containers, (at) => redis(`c${at}`)))), 'injected');
    assert.equal(reasonOf(pod(times(containers + 1, (at) => redis(`c${at}`)))), 'too-large');
    const initContainers = times(containers, (at) => redis(`i${at}`));
    assert.equal(reasonOf(pod([redis('c')], { initContainers })), 'too-large');
  });

  it('let a Pod with as many items as the limit be injected, and none with one more', () => {
    const { items } = podLimits;
    assert.equal(reasonOf(withVolumes(items)), 'injected');
    assert.equal(reasonOf(withVolumes(items + 1)), 'too-large');
  });

  it('let a Pod with as many fields in a container or the spec as the limit be injected, and none with one more', () => {
    const { fields: most } = podLimits;
    for (const make of [
      (count: number) => pod([{ ...redis('c'), ...fields(count - Object.keys(redis('c')).length) }]),
      (count: number) => pod([redis('c')], fields(count - 1)),
      (count: number) => pod([redis('c')], {}, fields(count - 1)),
      (count: number) => ({ ...pod([redis('c')]), ...fields(count - 2) }),
    ]) {
      assert.equal(reasonOf(make(most)), 'injected');
      assert.equal(reasonOf(make(most + 1)), 'too-large');
    }
  });

  it('let a Pod with as many ports as the limit be injected, and none with one more', () => {
    assert.equal(reasonOf(withPorts(podLimits.ports)), 'injected');
    assert.equal(reasonOf(withPorts(podLimits.ports + 1)), 'too-large');
  });

  it('let a Pod with as many labels as the limit be injected, and none with one more', () => {
    assert.equal(reasonOf(withLabels(podLimits.labels)), 'injected');
    assert.equal(reasonOf(withLabels(podLimits.labels + 1)), 'too-large');
  });

  it('let a node affinity with as many terms as the limit be read, and none with one more', () => {
    assert.equal(reasonOf(withTerms(podLimits.terms)), 'injected');
    assert.equal(reasonOf(withTerms(podLimits.terms + 1)), 'too-large');
  });

  it('let a container with a name as long as the limit be injected, and none with a longer one', () => {
    assert.equal(reasonOf(pod([redis('c'.repeat(podLimits.nameCharacters))])), 'injected');
    assert.equal(reasonOf(pod([redis('c'.repeat(podLimits.nameCharacters + 1))])), 'too-large');
  });

  it('let as many annotations as the limit be read, and no more, whosoever they are', () => {
    assert.equal(reasonOf(withAnnotations(podLimits.annotations)), 'injected');
    assert.equal(reasonOf(withAnnotations(podLimits.annotations + 1)), 'too-large');
  });

  it('let annotations of as many characters as the limit be read, and no more', () => {
    const { annotationCharacters } = podLimits;
    const key = `${prefix}problems`;
    const withStatus = (length: number) =>
      pod([redis('c')], {}, { annotations: { [`${prefix}pattern`]: 'auto', [key]: 'x'.repeat(length) } });
    const others = `${prefix}pattern`.length + 'auto'.length + key.length;
    assert.equal(reasonOf(withStatus(annotationCharacters - others)), 'injected');
    assert.equal(reasonOf(withStatus(annotationCharacters - others + 1)), 'too-large');
  });

  it('let a command of as many characters as the limit be guessed by, and none with one more', () => {
    assert.equal(reasonOf(withArgument(commandCharacters)), 'injected');
    assert.equal(reasonOf(withArgument(commandCharacters + 1)), 'nothing-detected');
  });

  it('let an image of as many characters as the limit be matched by a policy, and none with one more', () => {
    const policies = createPolicySet([
      compilePolicy({
        apiVersion: 'health.example.com/v1alpha1',
        kind: 'HealthPolicy',
        metadata: { name: 'all' },
        spec: { match: { images: ['*'] }, inject: { check: 'tcp://:80' } },
      }),
    ]);
    const namespace = readNamespace({ name: 'shop' }, prefix);
    const found = (length: number) =>
      policies.find({ spec: { containers: [{ name: 'c', image: 'x'.repeat(length) }] } }, namespace);
    assert(found(imageCharacters));
    assert.equal(found(imageCharacters + 1), undefined);
  });

  it('say in a warning what is too large to whoever asked, and nothing to others', async () => {
    const webhook = await startWebhook();
    try {
      const containers = times(podLimits.containers + 1, (at) => redis(`c${at}`));
      const asked = await webhook.review(pod(containers));
      assert.deepEqual(asked.warnings, [
        'health-injector: The Pod has more in it than health-injector looks at, and no probes were added. ' +
          'Pod: it has 129 containers, and at most 128 are looked at.',
      ]);
      assert.deepEqual(patchOf(asked), []);
      const unasked = await webhook.review({ metadata: {}, spec: { containers } });
      assert.equal(unasked.warnings, undefined);
    } finally {
      await webhook.stop();
    }
  });

  it('leave room for the status of the largest Pod that is injected: injecting again changes nothing', () => {
    const names = times(podLimits.containers, (at) => `${'n'.repeat(58)}${at}`.slice(-63));
    const outcome = inject(pod(names.map(redis)) as unknown as Pod, testContext);
    assert(outcome.kind === 'injected');
    const again = inject(outcome.pod, testContext);
    assert(again.kind === 'injected');
    assert.deepEqual(again.pod, outcome.pod);
  });
});
