import assert from 'node:assert/strict';
import type { HealthPolicy } from '../../src/policy/policy.ts';
import { type RunningWebhook, reviewOf, startWebhook } from '../support/webhook.ts';

const workload = (annotations: object, kind = 'Deployment') => ({
  kind,
  metadata: { name: 'web', annotations },
  spec: { template: { metadata: {}, spec: { containers: [{ name: 'web' }] } } },
});

const policy = (spec: unknown) => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'HealthPolicy',
  metadata: { name: 'web' },
  spec,
});

const kinds = {
  HealthPolicy: { group: 'health.example.com', version: 'v1alpha1', kind: 'HealthPolicy' },
  Namespace: { group: '', version: 'v1', kind: 'Namespace' },
  Deployment: { group: 'apps', version: 'v1', kind: 'Deployment' },
  Pod: { group: '', version: 'v1', kind: 'Pod' },
};

const namespace = (inject: string) => ({
  metadata: { name: 'shop', labels: { 'health.example.com/inject': inject } },
});

describe('POST /advise', () => {
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook();
    webhook.store.namespaces.upsert({
      metadata: { name: 'left', labels: { 'health.example.com/inject': 'disabled' } },
    });
  });
  after(() => webhook.stop());

  const advice = async (kind: keyof typeof kinds, object: unknown, space = 'shop'): Promise<readonly string[]> => {
    const body = JSON.stringify(reviewOf(object, { kind: kinds[kind], namespace: space }));
    const reply = await webhook.send('POST', '/advise?timeout=1s', body, { 'content-type': 'application/json' });
    assert.equal(reply.code, 200);
    const { response } = JSON.parse(reply.body);
    assert.deepEqual([response.allowed, response.patch], [true, undefined]);
    return response.warnings ?? [];
  };

  it('says every mistake of a policy, and nothing of one that has none', async () => {
    const mistakes = { perod: '5s' };
    assert.deepEqual(await advice('HealthPolicy', policy({ inject: mistakes } satisfies HealthPolicy['spec'])), [
      'health-injector: spec.inject.perod: the key is unknown, expected a key listed in https://github.com/health-injector/health-injector/blob/main/docs/annotations.md (did you mean period?).',
      'health-injector: The policy has a mistake, and adds no probes.',
    ]);
    assert.deepEqual(
      await advice('HealthPolicy', policy({ inject: { pattern: 'sidecar', check: 'redis://:6379' } })),
      [],
    );
  });

  it('leaves a policy of another shape to the apiserver, which refuses it', async () => {
    const shapes = [
      undefined,
      null,
      'text',
      { inject: null },
      { inject: 'text' },
      { inject: { check: { a: 1 } } },
      { inject: [1] },
    ];
    for (const spec of shapes) assert(Array.isArray(await advice('HealthPolicy', policy(spec))), JSON.stringify(spec));
    assert.deepEqual(await advice('HealthPolicy', policy({ inject: { check: { a: 1 } } })), []);
    const { values } = await webhook.registry.getSingleMetric('health_injector_reviews_total')!.get();
    assert.equal(values.find(({ labels }) => labels['result'] === 'internal-error')?.value, 0);
  });

  it('says which value of a Namespace is none, quoted, and nothing of the two that there are', async () => {
    assert.deepEqual(await advice('Namespace', namespace('true\u001b[31m')), [
      'health-injector: health.example.com/inject of Namespace "shop" is "true\\u{1b}[31m" and counts for nothing, expected enabled or disabled.',
    ]);
    for (const value of ['enabled', 'disabled']) assert.deepEqual(await advice('Namespace', namespace(value)), []);
    for (const odd of [null, 'text', {}, { metadata: null }]) assert.deepEqual(await advice('Namespace', odd), []);
  });

  it('says that annotations count for nothing: for their prefix, or in a namespace that is left alone', async () => {
    const misspelt = { 'health.example.org/pattern': 'port' };
    const own = { 'health.example.com/pattern': 'port' };
    for (const kind of ['Deployment', 'Pod'] as const) {
      const [sentence, more] = await advice(kind, workload(misspelt, kind));
      assert.match(sentence ?? '', /health\.example\.org\/pattern counts for nothing/);
      assert.equal(more, undefined);
      assert.deepEqual(await advice(kind, workload(own, kind)), []);
      assert.deepEqual(await advice(kind, workload(own, kind), 'left'), [
        'health-injector: The namespace is left alone: it says inject: disabled. No probes are added, whatever the annotations say.',
      ]);
      assert.deepEqual(await advice(kind, workload({}, kind), 'left'), []);
    }
  });
});
