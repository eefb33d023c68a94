import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { deployment } from './support/deployment.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { eventsOf, exec, podOf, readyPod, restarted, stateOf } from './support/pods.ts';
import { applyPolicy, onlyIn, policy } from './support/policy.ts';

const namespace = 'test-policies';
const other = 'test-policies-other';
const name = 'test-policies';
const timing = { period: '1s', timeout: '500ms', 'termination-grace-period': '2s' };
const spec = { namespaceSelector: onlyIn(namespace), inject: { pattern: 'auto', ...timing } };

/** The test stops the servers with a signal, and process 1 of a PID namespace cannot be stopped from within it. */
const pod = { shareProcessNamespace: true };
const servers = {
  redis: { image: 'docker.io/local/redis:7' },
  dnsmasq: {
    image: 'docker.io/local/dnsmasq:2',
    args: ['--keep-in-foreground', '--user=root', '--listen-address=127.0.0.1', '--bind-interfaces', '--no-resolv'],
    ports: [{ containerPort: 53, protocol: 'UDP' }],
  },
  postgres: { image: 'docker.io/local/postgres:15' },
  nginx: { image: 'docker.io/local/nginx:1', ports: [{ containerPort: 8080 }] },
  // It listens on 8080 in truth.
  mistaken: { image: 'docker.io/local/nginx:1', ports: [{ containerPort: 80 }] },
};

const plain = (app: string, container: object, replicas = 1): object =>
  deployment(app, { annotations: {}, container: container as Record<string, unknown>, pod, replicas });

const statusOf = async () => (await get(['healthpolicy', name])).status;

describe('a policy, on a real cluster: checks without an annotation', () => {
  useNamespace(namespace);
  useNamespace(other);

  before(async () => {
    await applyPolicy(name, spec);
    // The webhook follows policies, and takes a moment to hear of this one.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await apply(
      namespace,
      ...Object.entries(servers).map(([app, container]) => plain(app, container)),
      plain('unknown', { image: 'docker.io/local/web:1' }),
    );
    await apply(other, plain('redis', servers.redis));
  });
  after(() => kubectl(['delete', 'healthpolicy', name, '--ignore-not-found']));

  for (const app of ['redis', 'dnsmasq', 'postgres']) {
    it(`a ${app} of which nobody said anything is checked, and restarted when it does not answer`, async () => {
      const before = await readyPod(namespace, app, 90);
      const { by, found } = JSON.parse(before.metadata.annotations['health.example.com/status']);
      assert.equal(by, `HealthPolicy ${name}`);
      assert.match(found[app], new RegExp(`by image ${app}$`));
      await exec(namespace, before, app, '/usr/bin/pkill', '-STOP', app);
      const after = await restarted(namespace, app, app, 0);
      assert.equal(stateOf(after, 'health-probe').restartCount, 0);
      const events = (await eventsOf(namespace, before.metadata.name)).join('\n');
      assert.match(events, /Liveness probe failed: /);
    });
  }

  it('a nginx is asked whether it takes connections, and not what is behind it: one that takes them is left alone', async () => {
    const before = await readyPod(namespace, 'nginx', 90);
    const { found } = JSON.parse(before.metadata.annotations['health.example.com/status']);
    assert.deepEqual(found, { nginx: 'tcp://:8080 by image nginx' });
    // The kernel goes on to take connections for it.
    await exec(namespace, before, 'nginx', '/usr/bin/pkill', '-STOP', 'nginx');
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    assert.equal(stateOf(await podOf(namespace, 'nginx'), 'nginx').restartCount, 0);
    await exec(namespace, before, 'nginx', '/usr/bin/pkill', '-CONT', 'nginx');
  });

  it('what is not known, and what is elsewhere, is as it was', async () => {
    for (const [where, app] of [
      [namespace, 'unknown'],
      [other, 'redis'],
    ] as const) {
      const { spec: found, metadata } = await readyPod(where, app);
      assert.equal(found.initContainers, undefined);
      assert.equal(found.containers[0].livenessProbe, undefined);
      assert.equal(metadata.annotations?.['health.example.com/status'], undefined);
    }
  });

  it('its status counts what was done, and says why what was not', async () => {
    await eventually('the counts', 30, async () => {
      const { matched, injected, missed, skipped, lastSeen, conditions } = await statusOf();
      assert.equal(conditions[0].status, 'True');
      assert(Date.now() - Date.parse(lastSeen) < 600_000);
      return matched === 6 && injected === 5 && missed === 0 && skipped['nothing-detected'] === 1;
    });
    const printed = await kubectl(['get', 'hp', name]);
    assert.match(
      printed,
      /NAME +MODE +PRIORITY +PATTERN +ACCEPTED +MATCHED +INJECTED +WOULD +MISSED +SKIPPED +UNPROVEN +WOULD RESTART +LAST SEEN +AGE\n/,
    );
    assert.match(printed, /test-policies +Enforce +0 +auto +True +6 +5 /);
  });

  it('its status counts the Pods whose guess has not passed, as their sidecars say, and they run on', async () => {
    // The controller asks of a Pod that is 75 s old, every half minute.
    await eventually('the count', 150, async () => (await statusOf()).unproven === 1);
    assert.equal(stateOf(await readyPod(namespace, 'mistaken'), 'mistaken').restartCount, 0);
  });

  it('on trial it injects nothing into new Pods, and tells what it would', async () => {
    await applyPolicy(name, { ...spec, mode: 'Audit' });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await kubectl(['rollout', 'restart', '-n', namespace, 'deployment/redis']);
    await kubectl(['rollout', 'status', '-n', namespace, 'deployment/redis', '--timeout=90s']);
    assert.equal(
      (await eventually('the old Pod is gone', 30, () => podOf(namespace, 'redis').catch(() => false))).spec
        .initContainers,
      undefined,
    );
    await eventually('the counts', 30, async () => (await statusOf()).skipped.audit === 5);
  });

  it('a policy that is wrong is refused by the apiserver, in a sentence', async () => {
    const refused: readonly (readonly [object, RegExp])[] = [
      [
        { inject: { pattern: 'sidecars' } },
        /pattern: received 'sidecars', expected a comma list of port, sidecar, cli, hardware, auto, or none alone/,
      ],
      [{ inject: { check: 'htp://:80' } }, /check: received 'htp:\/\/:80', expected checks such as /],
      [{ inject: { period: '5' } }, /period: received '5', expected whole seconds such as 10s or 1m30s/],
      [{ inject: { 'failure-threshold': 0 } }, /failure-threshold: received 0, expected a count from 1 to 1000/],
      [{ inject: { 'health-port': '80' } }, /health-port: received 80, expected a number from 1024 to 65535/],
      [{ inject: { check: 'tcp://:1', port: 1 } }, /check and port cannot both be given/],
      [{ inject: { perod: '5s' } }, /unknown field "spec.inject.perod"/],
      [{ match: {} }, /match needs images, ports or a protocol/],
      [{ match: { images: ['*a*b*c*d*e*f'] } }, /should match/],
      [
        { match: { ports: [1] }, inject: { container: 'app' } },
        /match and container both say which containers are meant/,
      ],
      [{ mode: 'On' }, /supported values: "Enforce", "Trial", "Audit", "Off"/],
    ];
    for (const [wrong, sentence] of refused) {
      await assert.rejects(
        kubectl(['create', '--dry-run=server', '-f', '-'], stringify(policy('wrong', wrong))),
        sentence,
      );
    }
  });

  it('what only the grammar of checks can tell is said in its status', async () => {
    await applyPolicy('test-mistaken', { namespaceSelector: onlyIn('nowhere'), inject: { check: 'redis://:six' } });
    try {
      await eventually('the condition', 30, async () => {
        const { status } = await get(['healthpolicy', 'test-mistaken']);
        const { status: accepted, message } = status?.conditions?.[0] ?? {};
        return (
          accepted === 'False' && message === 'spec.inject.check: port is "six", expected a number from 1 to 65535.'
        );
      });
    } finally {
      await kubectl(['delete', 'healthpolicy', 'test-mistaken']);
    }
  });

  it('a namespace that says inject: enabled is looked at without a policy', async () => {
    await kubectl(['label', 'namespace', other, 'health.example.com/inject=enabled']);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await kubectl(['rollout', 'restart', '-n', other, 'deployment/redis']);
    await kubectl(['rollout', 'status', '-n', other, 'deployment/redis', '--timeout=90s']);
    const injected = await eventually('the old Pod is gone', 30, () => podOf(other, 'redis').catch(() => false));
    assert.equal(JSON.parse(injected.metadata.annotations['health.example.com/status']).by, `Namespace ${other}`);
  });
});
