import assert from 'node:assert/strict';
import { deployment, service } from '../support/deployment.ts';
import { apply, eventually, useNamespace } from '../support/kubectl.ts';
import { endpointsOf, eventsOf, exec, isReady, podOf, readyPod, restarted, stateOf } from '../support/pods.ts';

const namespace = 'test-port';

describe('port, on the real kubelet', () => {
  useNamespace(namespace);

  before(() =>
    apply(
      namespace,
      deployment('web', {
        annotations: {
          pattern: 'port',
          check: 'http://:8081/livez',
          readiness: 'http://:8081/readyz',
          period: '1s',
          'failure-threshold': '2',
        },
        container: { image: 'docker.io/local/web:1', ports: [{ containerPort: 8080 }] },
      }),
      service('web', 8080),
    ),
  );

  it('a healthy app becomes Ready and stays', async () => {
    const pod = await readyPod(namespace, 'web');
    assert.equal(pod.spec.containers[0].livenessProbe.httpGet.port, 8081);
    assert.deepEqual(stateOf(pod, 'web'), { ready: true, started: true, restartCount: 0 });
  });

  it('a readiness check of its own takes the Pod out of the endpoints without a restart', async () => {
    const pod = await readyPod(namespace, 'web');
    await eventually('one endpoint', 20, async () => (await endpointsOf(namespace, 'web')).length === 1);
    await exec(namespace, pod, 'web', '/usr/bin/touch', '/tmp/busy');
    await eventually('no endpoint', 20, async () => (await endpointsOf(namespace, 'web')).length === 0);
    assert.equal(isReady(await podOf(namespace, 'web')), false);
    await exec(namespace, pod, 'web', '/bin/rm', '/tmp/busy');
    await eventually('one endpoint again', 20, async () => (await endpointsOf(namespace, 'web')).length === 1);
    assert.equal(stateOf(await podOf(namespace, 'web'), 'web').restartCount, 0);
  });

  it('a health port that answers 503 restarts the app, and the events say why', async () => {
    const pod = await readyPod(namespace, 'web');
    await exec(namespace, pod, 'web', '/usr/bin/touch', '/tmp/sick');
    await restarted(namespace, 'web', 'web', 0);
    const again = await readyPod(namespace, 'web');
    assert.equal(again.metadata.name, pod.metadata.name, 'restarted in place');
    const events = await eventsOf(namespace, pod.metadata.name);
    assert(
      events.some((event) => /Liveness probe failed: .*503/.test(event)),
      events.join('\n'),
    );
  });
});
