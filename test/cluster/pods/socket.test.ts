import assert from 'node:assert/strict';
import { deployment } from '../support/deployment.ts';
import { apply, useNamespace } from '../support/kubectl.ts';
import { eventsOf, exec, readyPod, restarted } from '../support/pods.ts';

const namespace = 'test-socket';
const name = 'redis';

describe('sidecar, on the real kubelet: redis on a Unix socket alone', () => {
  useNamespace(namespace);

  before(() =>
    apply(
      namespace,
      deployment(name, {
        annotations: {
          pattern: 'sidecar',
          check: 'redis:///run/redis/redis.sock',
          period: '1s',
          timeout: '500ms',
          'termination-grace-period': '2s',
        },
        container: {
          image: 'docker.io/local/redis:7',
          args: ['--port', '0', '--unixsocket', '/run/redis/redis.sock', '--unixsocketperm', '777'],
          volumeMounts: [{ name: 'run', mountPath: '/run/redis' }],
        },
        // The test stops redis with a signal, and process 1 of a PID namespace cannot be stopped from within it.
        pod: { shareProcessNamespace: true, volumes: [{ name: 'run', emptyDir: {} }] },
      }),
    ),
  );

  it('is Ready by a socket on a volume that the sidecar only reads', async () => {
    const { spec } = await readyPod(namespace, name);
    const mount = spec.initContainers[0].volumeMounts.find((found: { name: string }) => found.name === 'run');
    assert.deepEqual(mount, { name: 'run', mountPath: '/run/redis', readOnly: true });
  });

  it('is restarted when it runs and does not answer', async () => {
    const before = await readyPod(namespace, name);
    await exec(namespace, before, name, '/usr/bin/pkill', '-STOP', 'redis-server');
    await restarted(namespace, name, name, 0);
    const events = (await eventsOf(namespace, before.metadata.name)).join('\n');
    assert.match(events, /Liveness probe failed: .*statuscode: 504/);
    await readyPod(namespace, name);
  });
});
