import assert from 'node:assert/strict';
import { healthInjector } from '../../cli/support/health-injector.ts';
import { deployment } from '../support/deployment.ts';
import { apply, eventually, useNamespace } from '../support/kubectl.ts';
import { eventsOf, exec, readyPod } from '../support/pods.ts';

const namespace = 'test-what-sidecars-say';

/** The controller asks no Pod that is younger than 75 s. */
const soon = 180;

describe('what sidecars say, as Events on a cluster', () => {
  useNamespace(namespace);

  const web = { image: 'docker.io/local/web:1', ports: [{ containerPort: 8080 }] };
  before(() =>
    apply(
      namespace,
      deployment('blind', { annotations: { pattern: 'hardware', check: 'temperature:' }, container: web }),
      deployment('redis', {
        annotations: {
          pattern: 'sidecar',
          check: 'redis://:6379',
          reasons: 'public',
          period: '2s',
          timeout: '500ms',
          // A restart would end what fails.
          liveness: 'off',
        },
        container: { image: 'docker.io/local/redis:7' },
        pod: { shareProcessNamespace: true },
      }),
    ),
  );

  it('tell of hardware that cannot be read, and of a check that fails with the sentence that its Pod shows', async () => {
    const [blind, redis] = await Promise.all([readyPod(namespace, 'blind'), readyPod(namespace, 'redis')]);
    await exec(namespace, redis, 'redis', '/usr/bin/pkill', '-STOP', 'redis-server');
    const eventOf = (pod: any, reason: string) =>
      eventually(`an Event ${reason}`, soon, async () =>
        (await eventsOf(namespace, pod.metadata.name)).find((event) => event.startsWith(reason)),
      );
    const [unknown, fails] = await Promise.all([eventOf(blind, 'HardwareUnknown'), eventOf(redis, 'HealthCheckFails')]);
    assert.match(
      unknown,
      /^HardwareUnknown: Pod blind-\S+: of its hardware, "temperature" has read nothing since its sidecar started at \S+Z; its sidecar says ".*"\. An unknown reading passes, so this check guards nothing\./,
    );
    assert.match(
      fails,
      /"redis\/redis 127\.0\.0\.1:6379" fails: there is no answer in time \("timed out after 500ms"\)/,
    );
    const { out } = await healthInjector(['explain', `pod/${blind.metadata.name}`, '-n', namespace]);
    assert.match(out, /^ {4}check +blind: temperature cannot tell.*\n {6}so +an unknown reading passes/m);
  });
});
