import assert from 'node:assert/strict';
import { deployment } from '../support/deployment.ts';
import { apply, eventually, kubectl, useNamespace } from '../support/kubectl.ts';
import { eventsOf, exec, podOf, readyPod, restarted, stateOf } from '../support/pods.ts';

const namespace = 'test-presets';

/** The test stops a server with a signal, and process 1 of a PID namespace cannot be stopped from within it. */
const shared = { shareProcessNamespace: true };
const timing = { period: '1s', 'termination-grace-period': '2s' };

/** Whether the sidecar of a Pod says that a check that was found has not passed yet. */
async function isUnproven(pod: any): Promise<boolean> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}:9440/proxy/metrics`;
  return /^health_probe_check_unproven\{.*\} 1$/m.test(await kubectl(['get', '--raw', path]));
}

/** A port that its image is known for, and on which the web server does not listen. */
const wrong = { image: 'docker.io/local/nginx:1', ports: [{ containerPort: 80 }] };

describe('presets, on the real kubelet: a pattern, and no check', () => {
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'baseline' });

  before(() =>
    apply(
      namespace,
      deployment('postgres', {
        annotations: { pattern: 'sidecar', ...timing },
        container: { image: 'docker.io/local/postgres:15' },
        pod: shared,
      }),
      deployment('memcached', {
        annotations: { pattern: 'cli', ...timing, timeout: '500ms' },
        container: { image: 'docker.io/local/memcached:1' },
        pod: shared,
      }),
      deployment('wrong', { annotations: { pattern: 'sidecar' }, container: wrong }),
      deployment('wrong-cli', { annotations: { pattern: 'cli' }, container: wrong }),
    ),
  );

  it('a postgres is asked in its protocol, and the status says by what the check was found', async () => {
    const { metadata, spec } = await readyPod(namespace, 'postgres', 90);
    const { found } = JSON.parse(metadata.annotations['health.example.com/status']);
    assert.deepEqual(found, { postgres: 'postgres://postgres@:5432 by image postgres' });
    assert(spec.initContainers[0].args.includes('postgres://postgres@:5432'));
  });

  it('a postgres that runs and does not answer is restarted', async () => {
    const before = await readyPod(namespace, 'postgres');
    await eventually('the check has passed', 30, async () => !(await isUnproven(before)));
    await exec(namespace, before, 'postgres', '/usr/bin/pkill', '-STOP', '-o', 'postgres');
    const after = await restarted(namespace, 'postgres', 'postgres', 0);
    assert.equal(stateOf(after, 'health-probe').restartCount, 0);
    const events = (await eventsOf(namespace, before.metadata.name)).join('\n');
    assert.match(events, /Liveness probe failed: .*statuscode: 504/);
  });

  it('a memcached that runs and does not answer is restarted, and the event says why', async () => {
    const before = await readyPod(namespace, 'memcached');
    await exec(namespace, before, 'memcached', '/usr/bin/pkill', '-STOP', 'memcached');
    await restarted(namespace, 'memcached', 'memcached', 0);
    const events = (await eventsOf(namespace, before.metadata.name)).join('\n');
    assert.match(events, /Liveness probe failed: timed out after 500ms \(memcached 127\.0\.0\.1:11211\)/);
  });

  it('a wrong guess restarts nothing, and is ready after a minute', async () => {
    for (const app of ['wrong', 'wrong-cli']) {
      const pod = await readyPod(namespace, app, 120);
      assert.equal(stateOf(pod, app).restartCount, 0, app);
      // Its liveness would have had three periods in that time.
      const time = (type: string): number =>
        Date.parse(pod.status.conditions.find((condition: any) => condition.type === type).lastTransitionTime);
      assert(time('Ready') - time('PodReadyToStartContainers') >= 30_000, `${app} was held back`);
    }
    const pod = await podOf(namespace, 'wrong');
    assert(await isUnproven(pod));
    const told = await eventually('the Event', 30, async () =>
      (await eventsOf(namespace, pod.metadata.name)).find((event) => event.startsWith('ProbeWarning: ')),
    );
    assert.match(told, /probe warning: .*unproven: \w+ 127\.0\.0\.1:80\b.*has not passed once/);
    const byCli = await eventsOf(namespace, (await podOf(namespace, 'wrong-cli')).metadata.name);
    const held = byCli.find((event) => event.startsWith('Unhealthy: '));
    assert.match(held ?? '', /Readiness probe failed: unproven: connection refused/);
  });
});
