import assert from 'node:assert/strict';
import { inject } from '../../src/inject/inject.ts';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { annotationsOnly } from '../../src/inject/model/scope.ts';
import { testContext } from '../support/webhook.ts';

const prefix = testContext.prefix;

/** The scope of an owner whose Pods are kept off `node-a` until the second 1000. */
const scope = {
  ...annotationsOnly,
  namespaceName: 'shop',
  exclusionsByOwner: new Map([
    ['shop/ReplicaSet/app', [{ node: 'node-a', affinity: 'Required' as const, untilMs: 1_000_000 }]],
  ]),
};

const pod = (annotations: Readonly<Record<string, string>>, spec: Partial<Pod['spec']> = {}): Pod => ({
  metadata: {
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value])),
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app', uid: '1', controller: true }],
  },
  spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
});

const statusOf = ({ metadata }: Pod) => JSON.parse(metadata?.annotations?.[`${prefix}status`] ?? '{}');

/** The same scope with other nodes, none of them released. */
const scopeOf = (nodes: readonly string[], affinity: 'Required' | 'Preferred' = 'Required') => ({
  ...scope,
  exclusionsByOwner: new Map([['shop/ReplicaSet/app', nodes.map((node) => ({ node, affinity, untilMs: 1_000_000 }))]]),
});

describe('the outcome for a Pod of a quarantined owner', () => {
  const excluded = ['nodeAffinity/node-a', `labels/${prefix}hardware`];

  it('says that it is kept off the node where nothing else is done, and the reason for that', () => {
    const outcome = inject(pod({}), testContext, scope);
    assert.equal(outcome.result, 'excluded');
    assert(outcome.kind === 'skipped' && outcome.reason === 'not-asked');
    assert.deepEqual([outcome.added, outcome.exclusions.map(({ node }) => node)], [excluded, ['node-a']]);
    assert.deepEqual(statusOf(outcome.pod).added, excluded);
  });

  it('is the same Pod once it is kept off, and the plain reason', () => {
    const again = inject(inject(pod({}), testContext, scope).pod, testContext, scope);
    assert.equal(again.result, 'not-asked');
  });

  it('has one status for what is injected and for what keeps it off', () => {
    const asking = pod({ pattern: 'port', port: '80' });
    const outcome = inject(asking, testContext, scope);
    assert.equal(outcome.result, 'injected');
    assert.deepEqual(statusOf(outcome.pod).added, ['app/livenessProbe', 'app/readinessProbe', ...excluded]);
    const again = inject(outcome.pod, testContext, scope);
    assert.deepEqual([again.result, again.pod], ['already-injected', outcome.pod]);
  });

  it('keeps a Pod off whose annotations are wrong', () => {
    const outcome = inject(pod({ pattern: 'ports' }), testContext, scope);
    assert.equal(outcome.result, 'invalid-annotations');
    assert.deepEqual(statusOf(outcome.pod).added, excluded);
  });

  it('is no longer kept off a node once its quarantine is over, and by another kind of affinity where that changed', () => {
    const own = { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] };
    const affinityOf = (terms: object[]) => ({
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms as (typeof own)[] } },
    });
    for (const spec of [{}, { affinity: affinityOf([own]) }]) {
      for (const annotations of [{}, { pattern: 'port', port: '80' }]) {
        const first = (nodes: readonly string[], affinity?: 'Preferred') =>
          inject(pod(annotations, spec), testContext, scopeOf(nodes, affinity)).pod;
        const both = first(['node-a', 'node-b']);
        assert.deepEqual(inject(both, testContext, scopeOf(['node-b', 'node-a'])).pod, both, 'in any order');
        for (const [nodes, affinity] of [
          [['node-b']],
          [['node-c', 'node-a']],
          [['node-a'], 'Preferred'],
          [[]],
        ] as const) {
          const again = inject(both, testContext, scopeOf(nodes, affinity));
          const wanted = first(nodes, affinity);
          assert.deepEqual(again.pod.spec, wanted.spec);
          assert.deepEqual(
            [statusOf(again.pod), again.pod.metadata?.labels],
            [statusOf(wanted), wanted.metadata?.labels],
          );
        }
      }
    }
  });

  it('has no exclusion where the Pod names its node, is never touched, or the quarantine is over', () => {
    const inNamespace = { name: 'shop', labels: {}, inject: 'disabled' as const, hasUidRange: false };
    for (const { exclusions, pod: after, result } of [
      inject(pod({}, { nodeName: 'node-a' }), testContext, scope),
      inject(pod({}, { os: { name: 'windows' } }), testContext, scope),
      inject(pod({}), testContext, { ...scope, namespace: inNamespace }),
      inject(pod({}), testContext, { ...scope, nowMs: 1_000_000 }),
    ]) {
      assert.deepEqual([exclusions, statusOf(after)], [[], {}]);
      assert.notEqual(result, 'excluded');
    }
  });
});
