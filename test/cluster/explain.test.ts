import assert from 'node:assert/strict';
import { healthInjector } from '../cli/support/health-injector.ts';
import { deployment } from './support/deployment.ts';
import { apply, eventually, useNamespace } from './support/kubectl.ts';
import { podsOf, readyPod } from './support/pods.ts';

const namespace = 'test-explain';

describe('health-injector explain, on a cluster', () => {
  useNamespace(namespace);

  const container = { image: 'docker.io/local/web:1', ports: [{ containerPort: 8080 }] };
  before(() =>
    apply(
      namespace,
      deployment('web', { annotations: { pattern: 'port', check: 'http://:8081/livez' }, container }),
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

  it('repeats the problems that a Pod was admitted with', async () => {
    await eventually('a Pod', 30, async () => (await podsOf(namespace, 'wrong')).length > 0);
    const { out } = await healthInjector(['explain', 'deployment', 'wrong', '-n', namespace]);
    assert.match(out, /problem +health\.example\.com\/check: port is "99999"/);
    assert.match(out, /it says +health\.example\.com\/check: port is "99999"/);
  });
});
