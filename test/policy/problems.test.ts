import assert from 'node:assert/strict';
import { sentence } from '../../src/inject/model/problems.ts';
import type { HealthPolicy } from '../../src/policy/policy.ts';
import { policyProblems } from '../../src/policy/validate.ts';
import { testContext } from '../support/webhook.ts';

const problemsOf = (inject?: Readonly<Record<string, string | number>>): string[] => {
  const policy: HealthPolicy = {
    apiVersion: 'health.example.com/v1alpha1',
    kind: 'HealthPolicy',
    metadata: { name: 'test' },
    spec: inject ? { inject } : {},
  };
  return policyProblems(policy, testContext).map(sentence);
};

describe('the mistakes of a policy', () => {
  it('are none where only the Pods can tell', () => {
    for (const inject of [
      undefined,
      {},
      { pattern: 'sidecar' },
      { pattern: 'auto', period: '30s', 'failure-threshold': 5 },
      {
        pattern: 'sidecar',
        check: 'redis://:$REDIS_PASSWORD@:6379',
        readiness: 'redis://:6379?password-file=/run/secret',
      },
      { pattern: 'cli', check: 'exec:redis-cli ping', container: 'redis' },
      { pattern: 'port', port: 'http-admin', path: '/healthz' },
      { pattern: 'port', port: 8080 },
      { pattern: 'sidecar', check: 'process:///nginx' },
      { pattern: 'none' },
      { pattern: 'hardware', check: 'temperature: disk:///data', 'on-failure': 'report', 'host-paths': '/sys' },
      { pattern: 'auto,hardware', check: 'memory-errors:' },
      { pattern: 'hardware', check: 'gpu:', mode: 'cli', 'device-resource': 'nvidia.com/gpu', 'resource-claim': 'gpu' },
    ]) {
      assert.deepEqual(problemsOf(inject), [], JSON.stringify(inject));
    }
  });

  it('are told by the word that is wrong', () => {
    assert.deepEqual(problemsOf({ pattern: 'sidecar', check: 'redis://:six' }), [
      'spec.inject.check: port is "six", expected a number from 1 to 65535.',
    ]);
    assert.match(
      problemsOf({ pattern: 'port', check: 'redis://:6379' }).join(),
      /^spec\.inject\.check: received a redis check, which the kubelet does not speak/,
    );
    assert.match(
      problemsOf({ pattern: 'ports', period: '5' }).join('\n'),
      /^spec\.inject\.pattern: [^\n]*\nspec\.inject\.period: received "5"/,
    );
    assert.match(
      problemsOf({ image: 'evil', perod: '5s' }).join('\n'),
      /^spec\.inject\.image: the key is unknown, [^\n]*\nspec\.inject\.perod: the key is unknown/,
    );
    assert.deepEqual(problemsOf({ pattern: 'hardware' }), [
      'spec.inject.pattern: received no check of hardware, expected health.example.com/check with one beside it.',
    ]);
    assert.deepEqual(
      problemsOf({ pattern: 'sidecar', check: 'redis://:secret@:6379' }).join().includes('secret'),
      false,
    );
  });
});
