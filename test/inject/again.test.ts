import assert from 'node:assert/strict';
import type { V1Container, V1Probe } from '@kubernetes/client-node';
import { uninject } from '../../src/inject/uninject.ts';
import { readRules } from '../../src/inject/fit/rules.ts';
import { annotationsOnly } from '../../src/inject/model/scope.ts';
import { type Pod, allContainers } from '../../src/inject/pod/pod.ts';
import { after, asking, pod, prefix, prefixed, probedIn, redis, withWords } from './support/again.ts';

const logAgent: V1Container = { name: 'logagent', image: 'log:1' };
const hold = { name: 'health-probe-hold', mountPath: '/health-probe-hold', readOnly: true };

const containerOf = (input: Pod, wanted: string): V1Container => {
  const found = allContainers(input).find(({ name }) => name === wanted);
  assert(found, wanted);
  return found;
};

/** The sidecar of an injected Pod as another webhook leaves it. */
const changed = (input: Pod, change: (sidecar: V1Container) => void): Pod => {
  const copy = structuredClone(input);
  change(containerOf(copy, 'health-probe'));
  return copy;
};

describe('a second call', () => {
  for (const pattern of ['port', 'sidecar', 'cli']) {
    const check = pattern === 'port' ? 'tcp://:6379' : 'redis://:6379';
    it(`keeps to the container of the first one where another webhook has put its own in front, with ${pattern}`, () => {
      const once = after(pod({ pattern, check }));
      const twice = after({ ...once, spec: { ...once.spec, containers: [logAgent, ...once.spec.containers] } });
      assert.deepEqual(twice, { ...once, spec: { ...once.spec, containers: [logAgent, ...once.spec.containers] } });
      // Also with another version of the webhook, and with another check.
      for (const words of [
        { pattern, check },
        { pattern, check: 'tcp://:7000' },
      ]) {
        const upgraded = after(withWords(twice, words), { version: '9.9.9', agentImage: 'other:9' });
        assert.deepEqual(probedIn(upgraded), ['redis']);
      }
    });
  }

  it('judges a container that is new by auto, and leaves the others theirs', () => {
    const once = after(pod({ pattern: 'auto' }));
    const web: V1Container = { name: 'web', image: 'memcached:1' };
    const twice = after({ ...once, spec: { ...once.spec, containers: [web, ...once.spec.containers, logAgent] } });
    assert.deepEqual(probedIn(twice), ['web', 'redis']);
    assert.deepEqual(containerOf(twice, 'redis'), containerOf(once, 'redis'));
    const { args } = containerOf(twice, 'health-probe');
    assert.deepEqual(
      args?.filter((_, index) => args[index - 1] === '--container'),
      ['web', 'redis'],
    );
  });

  it('follows the annotations to another container, also back to the first', () => {
    const containers = [redis, { name: 'other', image: 'other:1' }];
    const named = after(pod({ ...asking, container: 'other' }, { containers }));
    assert.deepEqual(probedIn(named), ['other']);
    assert.deepEqual(after(withWords(named, asking)), after(pod(asking, { containers })));
    const byKubectl = {
      metadata: { annotations: { 'kubectl.kubernetes.io/default-container': 'other', ...prefixed(asking) } },
    };
    assert.deepEqual(probedIn(after({ ...named, ...byKubectl })), ['other']);
  });

  it('gives what a first call gives for another check, period, pattern, image or version', () => {
    const env = [{ name: 'REDIS_PASSWORD', value: 'horse' }];
    const spec = { containers: [{ ...redis, env }] };
    const wishes = [
      asking,
      { ...asking, check: 'redis://:$REDIS_PASSWORD@:6379' },
      { ...asking, period: '30s', 'initial-delay': '5s' },
      { ...asking, pattern: 'cli' },
      { pattern: 'port', check: 'tcp://:6379' },
      { pattern: 'cli', check: 'redis://:6379', delivery: 'image-volume' },
      { ...asking, pattern: 'sidecar,hardware', check: 'redis://:6379 temperature:' },
      { pattern: 'hardware', check: 'nic://eth0', 'host-paths': '/sys' },
      { pattern: 'hardware', check: 'nvme:', devices: '/dev/nvme0' },
    ];
    for (const from of wishes) {
      for (const to of wishes) {
        const context = { version: '9.9.9', agentImage: 'other:9' };
        assert.deepEqual(after(withWords(after(pod(from, spec)), to), context), after(pod(to, spec), context));
      }
    }
  });

  it('mends what the apiserver would refuse, and leaves what others have added or changed', () => {
    const once = after(pod(asking));
    const theirs = changed(once, (sidecar) => {
      delete sidecar.restartPolicy;
      delete sidecar.securityContext;
      sidecar.image = `mirror.example/${sidecar.image}`;
      sidecar.env = [{ name: 'HTTP_PROXY', value: 'http://proxy' }];
      sidecar.volumeMounts = [
        { name: 'token', mountPath: '/run/token' },
        { name: 'gone', mountPath: '/gone' },
      ];
      Object.assign(sidecar.resources?.limits ?? {}, { 'ephemeral-storage': '1Gi' });
    });
    const spec = { ...theirs.spec, volumes: [{ name: 'token', emptyDir: {} }] };
    const twice = after({ ...theirs, spec });
    const [before, now] = [containerOf(once, 'health-probe'), containerOf(twice, 'health-probe')];
    assert.deepEqual(now, {
      ...before,
      image: `mirror.example/${before.image}`,
      env: [{ name: 'HTTP_PROXY', value: 'http://proxy' }],
      volumeMounts: [hold, { name: 'token', mountPath: '/run/token' }],
      resources: { ...before.resources, limits: { ...before.resources?.limits, 'ephemeral-storage': '1Gi' } },
    });
    assert.deepEqual(after(twice), twice);
    // Another wish takes the image back, and nothing that was added.
    const { image, ...rest } = containerOf(after(withWords(twice, { ...asking, period: '5s' })), 'health-probe');
    assert.deepEqual([image, rest.env, rest.volumeMounts], [before.image, now.env, now.volumeMounts]);
    assert.deepEqual(rest.resources, now.resources);
  });

  it('follows the Pod to another QoS class, and the namespace to other rules', () => {
    const equal = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } };
    const burstable = { containers: [redis] };
    const guaranteed = { containers: [{ ...redis, resources: equal }] };
    const limits = [{ type: 'Container', max: { cpu: '60m', memory: '1Gi' } }];
    const rules = readRules([{ metadata: { name: 'bounds' }, spec: { limits } }], []);
    const bounded = { ...annotationsOnly, resourceRules: () => rules };
    const namespace = { name: 'shop', labels: {}, inject: undefined, hasUidRange: true };
    const situations = [burstable, guaranteed].flatMap((spec) =>
      [annotationsOnly, bounded, { ...annotationsOnly, namespace }].map((scope) => ({ spec, scope })),
    );
    for (const from of situations) {
      for (const to of situations) {
        const once = after(pod(asking, from.spec), {}, from.scope);
        const [before] = once.spec.containers;
        const containers = [{ ...before, ...to.spec.containers[0] } as V1Container];
        if (to.spec === burstable) delete containers[0]?.resources;
        const twice = after({ ...once, spec: { ...once.spec, containers } }, {}, to.scope);
        assert.deepEqual(twice, after(pod(asking, to.spec), {}, to.scope));
      }
    }
  });

  it('takes back the variables and mounts that it borrowed, and no other', () => {
    const app: V1Container = {
      ...redis,
      env: [
        { name: 'HOST', value: 'a' },
        { name: 'PASSWORD', value: '$(HOST)-horse' },
      ],
      volumeMounts: [{ name: 'tls', mountPath: '/tls' }],
    };
    const spec = { containers: [app], volumes: [{ name: 'tls', emptyDir: {} }] };
    const once = after(pod({ ...asking, check: 'redis://:$PASSWORD@:6379 https://:8443/?ca=/tls/ca.crt' }, spec));
    assert.equal(containerOf(once, 'health-probe').env?.length, 2);
    const theirs = changed(once, (sidecar) => {
      sidecar.env?.unshift({ name: 'NODE', value: 'n' });
      sidecar.volumeMounts?.push({ name: 'tls', mountPath: '/other' });
    });
    const twice = containerOf(after(withWords(theirs, asking)), 'health-probe');
    assert.deepEqual(twice.env, [{ name: 'NODE', value: 'n' }]);
    assert.deepEqual(twice.volumeMounts, [hold, { name: 'tls', mountPath: '/other' }]);
    assert.deepEqual(after(theirs), theirs, 'the order of others stays');
  });

  it('keeps a probe that a mesh has rewritten, until the wish changes or the sidecar moves', () => {
    const once = after(pod(asking));
    const rewritten: V1Probe = {
      ...containerOf(once, 'redis').livenessProbe,
      httpGet: { path: '/app-health/redis/livez', port: 15020, scheme: 'HTTP' },
    };
    const [container] = once.spec.containers as [V1Container];
    const meshed = { ...once, spec: { ...once.spec, containers: [{ ...container, livenessProbe: rewritten }] } };
    assert.deepEqual(after(meshed), meshed);
    const livenessOf = (input: Pod): unknown => containerOf(input, 'redis').livenessProbe?.httpGet?.port;
    assert.equal(livenessOf(after(withWords(meshed, { ...asking, period: '5s' }))), 9440);
    const taken = { ...logAgent, ports: [{ containerPort: 9440 }] };
    const moved = after({ ...meshed, spec: { ...meshed.spec, containers: [...meshed.spec.containers, taken] } });
    assert.deepEqual([livenessOf(moved), containerOf(moved, 'health-probe').ports?.[0]?.containerPort], [9441, 9441]);
  });

  it('finds its own again in a container that was renamed or copied', () => {
    const hardware = {
      pattern: 'cli,hardware',
      check: 'redis://:6379 disk:///data?min-free=5%',
      mode: 'cli',
      readiness: 'off',
    };
    for (const words of [asking, { ...asking, pattern: 'cli' }, hardware]) {
      const once = after(pod(words));
      const [container] = once.spec.containers as [V1Container];
      const rename = (name: string): Pod => ({ ...once, spec: { ...once.spec, containers: [{ ...container, name }] } });
      assert.deepEqual(after(rename('cache')), after(pod(words, { containers: [{ ...redis, name: 'cache' }] })));
      const copied = [container, { ...container, name: 'copy' }];
      const both = { containers: [redis, { ...redis, name: 'copy' }] };
      assert.deepEqual(after({ ...once, spec: { ...once.spec, containers: copied } }), after(pod(words, both)));
      assert.deepEqual(uninject(rename('cache'), prefix)?.template.spec, { containers: [{ ...redis, name: 'cache' }] });
    }
  });

  it('leaves the place at which others have put theirs around it', () => {
    const once = after(pod({ ...asking, pattern: 'sidecar,cli', liveness: 'exec:true' }));
    const sidecar = containerOf(once, 'health-probe');
    const [first, last] = [
      { name: 'first', image: 'a:1' },
      { name: 'last', image: 'a:1' },
    ];
    const spec = { ...once.spec, initContainers: [first, sidecar, last] };
    assert.deepEqual(after({ ...once, spec }), { ...once, spec });
  });

  it('starts before what it checks, wherever another webhook has put that', () => {
    const proxy: V1Container = { name: 'proxy', image: 'p:1', restartPolicy: 'Always' };
    const once = after(pod({ ...asking, container: 'proxy' }, { initContainers: [proxy] }));
    const [sidecar, probed] = once.spec.initContainers as [V1Container, V1Container];
    const twice = after({ ...once, spec: { ...once.spec, initContainers: [probed, sidecar] } });
    assert.deepEqual(
      twice.spec.initContainers?.map(({ name }) => name),
      ['health-probe', 'proxy'],
    );
  });
});
