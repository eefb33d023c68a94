import assert from 'node:assert/strict';
import { deployment } from './support/deployment.ts';
import { apply, eventually, get, kubectl, useNamespace } from './support/kubectl.ts';
import { eventsOf, podsOf, readyPod } from './support/pods.ts';
import { applyPolicy, onlyIn } from './support/policy.ts';

const namespace = 'test-missed';
const system = 'health-injector';
const controller = 'deployment/health-injector-controller';
const redis = { image: 'docker.io/local/redis:7' };

describe('Pods that the webhook did not see, on a real cluster', () => {
  useNamespace(namespace);

  before(async () => {
    await applyPolicy(namespace, { namespaceSelector: onlyIn(namespace) });
    await kubectl(['scale', '-n', system, 'deployment/health-injector', '--replicas=0']);
    await eventually('the webhook is gone', 60, async () => {
      const { items } = await get(['pods', '-n', system, '-l', 'app.kubernetes.io/component=webhook']);
      return items.length === 0;
    });
    await apply(
      namespace,
      deployment('by-policy', { annotations: {}, container: redis, replicas: 2 }),
      deployment('by-annotation', { annotations: { pattern: 'sidecar' }, container: redis }),
      deployment('mistaken', { annotations: { pattern: 'sidecars' }, container: redis }),
    );
    await readyPod(namespace, 'by-annotation');
    await kubectl(['scale', '-n', system, 'deployment/health-injector', '--replicas=2']);
    await kubectl(['rollout', 'status', '-n', system, 'deployment/health-injector', '--timeout=120s']);
  });
  after(async () => {
    await kubectl(['delete', 'healthpolicy', namespace, '--ignore-not-found']);
    await kubectl(['apply', '-k', new URL('../../deploy', import.meta.url).pathname]);
    await kubectl(['rollout', 'status', '-n', system, controller, '--timeout=120s']);
  });

  it('are counted, by the policy and in the metric', async () => {
    await eventually(
      'the count of the policy',
      30,
      async () => (await get(['healthpolicy', namespace])).status?.missed === 2,
    );
    const leader = await leaderPod();
    const metrics = await kubectl(['get', '--raw', `/api/v1/namespaces/${system}/pods/${leader}:8080/proxy/metrics`]);
    assert.match(metrics, /^health_injector_missed_pods 3$/m);
    assert.match(metrics, /^health_injector_invalid_pods 1$/m);
    assert.match(metrics, /^health_injector_policy_pods\{policy="test-missed",state="missed"\} 2$/m);
  });

  it('are named in an Event on the Deployment, which kubectl describe shows', async () => {
    const told: readonly (readonly [string, RegExp])[] = [
      [
        'by-policy',
        /HealthCheckMissed: Pod by-policy-\S+ runs without the health check that HealthPolicy test-missed asks for \(it lacks initContainers\/health-probe, /,
      ],
      [
        'by-annotation',
        /HealthCheckMissed: Pod by-annotation-\S+ runs without the health check that its annotations ask for/,
      ],
      [
        'mistaken',
        /InvalidHealthAnnotation: health\.example\.com\/pattern: received "sidecars", expected a comma list/,
      ],
    ];
    for (const [name, sentence] of told) {
      await eventually(`an Event of ${name}`, 30, async () =>
        sentence.test((await eventsOf(namespace, name)).join('\n')),
      );
    }
    assert.match(
      await kubectl(['describe', '-n', namespace, 'deployment/by-policy']),
      /Warning +HealthCheckMissed .* Restart the workload/,
    );
  });

  it('are left as they are unless repair is on, and then replaced one after the other', async () => {
    const before = await podsOf(namespace, 'by-policy');
    assert(before.every(({ spec }) => spec.initContainers === undefined));
    await kubectl([
      'set',
      'env',
      '-n',
      system,
      controller,
      'HEALTH_INJECTOR_REPAIR=evict',
      'HEALTH_INJECTOR_REPAIR_PERCENT=100',
      'HEALTH_INJECTOR_REPAIR_MINIMUM_AGE_SECONDS=1',
    ]);
    for (const [name, count] of [
      ['by-policy', 2],
      ['by-annotation', 1],
    ] as const) {
      await eventually(`${name} is injected`, 120, async () => {
        const pods = await podsOf(namespace, name);
        return pods.length === count && pods.every(({ spec }) => spec.initContainers?.[0].name === 'health-probe');
      });
    }
    await eventually('none is missed', 30, async () => (await get(['healthpolicy', namespace])).status.missed === 0);
    const [mistaken] = await podsOf(namespace, 'mistaken');
    assert.equal(mistaken.spec.initContainers, undefined);
  });
});

/** The Pod that holds the Lease. */
async function leaderPod(): Promise<string> {
  const { spec } = await get(['lease', 'health-injector-controller', '-n', system]);
  return spec.holderIdentity.split('_')[0];
}
