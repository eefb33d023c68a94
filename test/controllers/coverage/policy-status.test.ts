import assert from 'node:assert/strict';
import { countOfPolicy, summarizePod } from '../../../src/controllers/coverage/pod-index.ts';
import { policyStatus } from '../../../src/controllers/coverage/policy-status.ts';
import { createStore } from '../../../src/policy/store.ts';
import type { HealthPolicy } from '../../../src/policy/policy.ts';
import { policyProblems } from '../../../src/policy/validate.ts';
import { testContext } from '../../support/webhook.ts';
import { indexPods } from './support/pods.ts';

const policy = (inject: Readonly<Record<string, string>>): HealthPolicy => ({
  apiVersion: 'health.example.com/v1alpha1',
  kind: 'HealthPolicy',
  metadata: { name: 'redis', generation: 4 },
  spec: { inject },
});
const now = new Date('2030-01-02T03:04:05Z');

const pod = (uid: string, image: string, status: object = {}, metadata: object = {}) => ({
  metadata: {
    uid,
    name: uid,
    namespace: 'shop',
    creationTimestamp: new Date(`2029-01-0${uid.length}T00:00:00Z`),
    ...metadata,
  },
  spec: { containers: [{ name: 'app', image }] },
  status,
});

describe('the status of a policy', () => {
  it('counts the Pods that it selects, and when the last was created', () => {
    const store = createStore('health.example.com/');
    store.policies.upsert(policy({ pattern: 'auto' }));
    store.namespaces.upsert({ metadata: { name: 'shop' } });
    const records = [
      pod('a', 'redis'),
      pod('bb', 'redis'),
      pod('ccc', 'unknown'),
      pod('dddd', 'redis', { phase: 'Succeeded' }),
      pod('eeee', 'redis', {}, { deletionTimestamp: now }),
      pod('ffff', 'redis', {}, { namespace: 'kube-system' }),
    ].map((each) => summarizePod(each, { ...testContext, annotatedOnly: false }, (name) => store.scopeFor(name, 0)));
    const pods = indexPods(records.filter((record) => record !== undefined));
    const count = countOfPolicy(pods, 'redis', { isUnproven: (uid) => uid === 'bb', trialOf: () => undefined });
    const { conditions, ...counts } = policyStatus(policy({ pattern: 'auto' }), count, [], now);
    assert.deepEqual(counts, {
      observedGeneration: 4,
      matched: 3,
      injected: 0,
      missed: 2,
      unproven: 1,
      skipped: { 'nothing-detected': 1 },
      lastSeen: '2029-01-03T00:00:00.000Z',
    });
    assert.deepEqual(conditions, [
      {
        type: 'Accepted',
        status: 'True',
        observedGeneration: 4,
        lastTransitionTime: '2030-01-02T03:04:05.000Z',
        reason: 'Valid',
        message: 'What it injects can be read.',
      },
    ]);
  });

  it('says what is wrong with it, and since when', () => {
    const wrong = policy({ pattern: 'sidecar', check: 'redis://:six' });
    const none = countOfPolicy(indexPods([]), 'redis', { isUnproven: () => false, trialOf: () => undefined });
    const problems = policyProblems(wrong, testContext);
    const first = policyStatus(wrong, none, problems, now);
    assert.deepEqual(first.conditions[0], {
      type: 'Accepted',
      status: 'False',
      observedGeneration: 4,
      lastTransitionTime: '2030-01-02T03:04:05.000Z',
      reason: 'Mistaken',
      message: 'spec.inject.check: port is "six", expected a number from 1 to 65535.',
    });
    const later = new Date('2031-01-01T00:00:00Z');
    assert.deepEqual(policyStatus({ ...wrong, status: first }, none, problems, later), first);
    const mended = policyStatus(
      { ...policy({}), status: { ...first, lastSeen: '2029-01-01T00:00:00Z' } },
      none,
      [],
      later,
    );
    assert.equal(mended.conditions[0]?.lastTransitionTime, later.toISOString());
    assert.equal(mended.lastSeen, '2029-01-01T00:00:00Z');
  });
});
