import assert from 'node:assert/strict';
import { inject } from '../../../src/inject/inject.ts';
import { evaluateCoverage } from '../../../src/controllers/coverage/evaluate.ts';
import type { Pod } from '../../../src/inject/pod/pod.ts';
import { createStore } from '../../../src/policy/store.ts';
import { annotationsOnly } from '../../../src/inject/model/scope.ts';
import { testContext } from '../../support/webhook.ts';

const redis = (annotations: Readonly<Record<string, string>> = {}, container: object = {}): Pod => ({
  metadata: {
    annotations: Object.fromEntries(
      Object.entries(annotations).map(([key, value]) => [`health.example.com/${key}`, value]),
    ),
  },
  spec: { containers: [{ name: 'redis', image: 'redis:7', ...container }] },
});

/** What surrounds a Pod of the namespace `shop` under one policy. */
function under(spec: object, inject_?: string) {
  const store = createStore('health.example.com/');
  store.policies.upsert({
    apiVersion: 'health.example.com/v1alpha1',
    kind: 'HealthPolicy',
    metadata: { name: 'redis' },
    spec,
  });
  store.namespaces.upsert({
    metadata: { name: 'shop', labels: inject_ === undefined ? {} : { 'health.example.com/inject': inject_ } },
  });
  return store.scopeFor('shop', 0);
}

const injected = (pod: Pod, surroundings = annotationsOnly): Pod => {
  const outcome = inject(pod, testContext, surroundings);
  assert(outcome.kind === 'injected');
  return outcome.pod;
};

describe('a running Pod is evaluated', () => {
  it('injected where it has what it asks for, and missed where it has not', () => {
    const asking = redis({ pattern: 'sidecar' });
    assert.equal(evaluateCoverage(injected(asking), testContext, annotationsOnly)?.state, 'injected');
    assert.deepEqual(evaluateCoverage(asking, testContext, annotationsOnly), {
      state: 'missed',
      policy: undefined,
      whoAsks: 'its annotations ask',
      notes: ['initContainers/health-probe', 'redis/livenessProbe', 'redis/readinessProbe', 'redis/startupProbe'],
    });
  });

  it('by the policy that selects it, under its name', () => {
    const surroundings = under({ inject: { pattern: 'sidecar' } });
    const { state, policy, whoAsks } = evaluateCoverage(redis(), testContext, surroundings) ?? assert.fail();
    assert.deepEqual([state, policy, whoAsks], ['missed', 'redis', 'HealthPolicy redis asks']);
    assert.equal(evaluateCoverage(injected(redis(), surroundings), testContext, surroundings)?.state, 'injected');
  });

  it('injected still where the policy says something else by now', () => {
    const pod = injected(redis(), under({ inject: { pattern: 'sidecar', period: '10s' } }));
    assert.equal(
      evaluateCoverage(pod, testContext, under({ inject: { pattern: 'sidecar', period: '5s' } }))?.state,
      'injected',
    );
  });

  it('injected still where health-injector was upgraded, or the apiserver put its defaults on what was added', () => {
    for (const pattern of ['sidecar', 'cli', 'port']) {
      const pod = injected(redis({ pattern, check: 'tcp://:6379' }));
      const upgraded = { ...testContext, version: '9.9.9', agentImage: 'other:9' };
      assert.equal(evaluateCoverage(pod, upgraded, annotationsOnly)?.state, 'injected');
      const [container] = pod.spec.containers;
      const livenessProbe = { ...container!.livenessProbe, successThreshold: 1 };
      const defaulted = { ...pod, spec: { ...pod.spec, containers: [{ ...container!, livenessProbe }] } };
      assert.equal(evaluateCoverage(defaulted, upgraded, annotationsOnly)?.state, 'injected');
    }
  });

  it('as the webhook does where nothing is added', () => {
    const states = [
      evaluateCoverage(redis(), testContext, under({ mode: 'Audit' })),
      evaluateCoverage(
        redis({}, { livenessProbe: {}, readinessProbe: {} }),
        testContext,
        under({ inject: { pattern: 'port', check: 'tcp://:6379' } }),
      ),
      evaluateCoverage(redis({}, { image: 'unknown' }), testContext, under({})),
      evaluateCoverage(redis(), testContext, under({ inject: { pattern: 'port', check: 'redis://:6379' } })),
      evaluateCoverage(redis({ pattern: 'none' }), testContext, under({})),
      evaluateCoverage(redis({ pattern: 'sidecars' }), testContext, under({})),
    ].map((verdict) => [verdict?.state, verdict?.policy]);
    assert.deepEqual(states, [
      ['audit', 'redis'],
      ['probes-exist', 'redis'],
      ['nothing-detected', 'redis'],
      ['invalid-policy', 'redis'],
      ['opted-out', undefined],
      ['invalid-annotations', undefined],
    ]);
  });

  it('not at all where nobody asks for anything', () => {
    assert.equal(evaluateCoverage(redis(), testContext, annotationsOnly), undefined);
    assert.equal(evaluateCoverage(redis(), testContext, under({}, 'disabled')), undefined);
  });
});
