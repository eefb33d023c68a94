import assert from 'node:assert/strict';
import { deployment } from './support/deployment.ts';
import { apply, useNamespace } from './support/kubectl.ts';
import { eventsOf, exec, readyPod, restarted, stateOf } from './support/pods.ts';

const namespace = 'test-presets';

/** The test stops a server with a signal, and process 1 of a PID namespace cannot be stopped from within it. */
const pod = { shareProcessNamespace: true };
const timing = { period: '1s', 'termination-grace-period': '2s' };

describe('presets, on the real kubelet: a pattern, and no check', () => {
  useNamespace(namespace, { 'pod-security.kubernetes.io/enforce': 'baseline' });

  before(() =>
    apply(
      namespace,
      deployment('postgres', {
        annotations: { pattern: 'sidecar', ...timing },
        container: { image: 'docker.io/local/postgres:15' },
        pod,
      }),
      deployment('memcached', {
        annotations: { pattern: 'cli', ...timing, timeout: '500ms' },
        container: { image: 'docker.io/local/memcached:1' },
        pod,
      }),
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
});
