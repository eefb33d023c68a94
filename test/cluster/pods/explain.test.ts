import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { healthInjector } from '../../cli/support/health-injector.ts';
import { deployment } from '../support/deployment.ts';
import { apply, eventually, kubectl, useNamespace } from '../support/kubectl.ts';
import { exec, podsOf, readyPod } from '../support/pods.ts';

const namespace = 'test-explain';

describe('health-injector explain, on a cluster', () => {
  useNamespace(namespace);

  const container = { image: 'docker.io/local/web:1', ports: [{ containerPort: 8080 }] };
  before(() =>
    apply(
      namespace,
      deployment('web', { annotations: { pattern: 'port', check: 'http://:8081/livez' }, container }),
      deployment('redis', {
        annotations: {
          pattern: 'sidecar',
          check: 'redis://:6379',
          period: '1s',
          timeout: '500ms',
          'failure-threshold': '600',
        },
        container: { image: 'docker.io/local/redis:7' },
        pod: { shareProcessNamespace: true },
      }),
      deployment('wrong', { annotations: { pattern: 'port', check: 'http://:99999' }, container }),
    ),
  );

  it('sees that the newest Pod of a Deployment carries what its template asks for', async () => {
    const { metadata } = await readyPod(namespace, 'web');
    const { code, out, errors } = await healthInjector(['explain', 'deploy/web', '-n', namespace]);
    assert.deepEqual([code, errors], [0, '']);
    assert.match(out, new RegExp(`^Deployment ${namespace}/web: health checks by port\\.$`, 'm'));
    assert.match(out, new RegExp(`newest Pod +${metadata.name}: it carries all that is asked for, added by version `));
  });

  it('explains the Pod as the Deployment', async () => {
    const { metadata } = await readyPod(namespace, 'web');
    const { out } = await healthInjector(['explain', `pod/${metadata.name}`, '-n', namespace, '-o', 'json']);
    const [{ result, pod, added }] = JSON.parse(out);
    assert.deepEqual([result, pod.isComplete, pod.missed], ['already-injected', true, []]);
    assert.deepEqual(added, ['web/livenessProbe', 'web/readinessProbe']);
  });

  it('says once the problems that a workload and its Pod were admitted with', async () => {
    await eventually('a Pod', 30, async () => (await podsOf(namespace, 'wrong')).length > 0);
    const { out } = await healthInjector(['explain', 'deployment', 'wrong', '-n', namespace]);
    assert.match(out, /problem +health\.example\.com\/check: port is "99999"/);
    assert.match(out, /it says +the same\./);
  });

  it('asks the agent of a Pod that fails, and says what, since when, why and how often', async () => {
    const out = await eventually('a failing check, of a Pod that has its log', 240, explainNewHang);
    const [line] = /^ {4}check +redis: redis 127\.0\.0\.1:6379 fails since .*$/m.exec(out) ?? [''];
    assert.match(line, /fails since \d+ s: .+ \(asked \d+ s ago, took \d+ ms, \d+ of \d+ runs passed\)$/);
    assert.match(out, /newest Pod .* but .*the check redis 127\.0\.0\.1:6379 of redis fails/);
    assert.doesNotMatch(out, /not known/);
  });
});

/**
 * What `explain` says of a redis that was just stopped, once it says since when it fails. Undefined where it does not say so
 * in time: the nodes of a test cluster share the folder of logs, and each kubelet removes once a minute what it does not know.
 */
async function explainNewHang(): Promise<string | undefined> {
  await kubectl(['delete', 'pod', '-n', namespace, '-l', 'app=redis', '--grace-period=1']);
  const pod = await readyPod(namespace, 'redis');
  await exec(namespace, pod, 'redis', '/usr/bin/pkill', '-STOP', 'redis-server');
  for (const end = performance.now() + 20_000; performance.now() < end; await sleep(500)) {
    const { out } = await healthInjector(['explain', 'deploy/redis', '-n', namespace]);
    if (out.includes('fails since')) return out;
  }
  return undefined;
}
