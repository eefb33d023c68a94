import assert from 'node:assert/strict';
import type { V1Pod } from '@kubernetes/client-node';
import { toProbedPod } from '../../../src/controllers/restart-budget/pod.ts';
import { isRestartedWithin } from '../../../src/controllers/restart-budget/signs.ts';
import { inject } from '../../../src/inject/inject.ts';
import { testContext } from '../../support/webhook.ts';

const { prefix } = testContext;
const controller = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'r', controller: true };
const finishedAt = new Date('2026-11-30T18:00:00Z');
const finishedMs = finishedAt.getTime();

/** A Pod as the webhook injects it, that runs. */
function running(
  annotations: Readonly<Record<string, string>>,
  { status = {}, owners = [controller] }: { readonly status?: object; readonly owners?: readonly object[] } = {},
): V1Pod {
  const metadata = {
    uid: 'u1',
    name: 'web-1-a',
    namespace: 'shop',
    creationTimestamp: new Date('2026-11-30T12:00:00Z'),
    ownerReferences: [...owners] as any,
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${prefix}${key}`, value])),
  };
  const outcome = inject({ metadata, spec: { containers: [{ name: 'web', image: 'example/web:1' }] } }, testContext);
  assert(outcome.kind === 'injected', outcome.kind);
  return { ...outcome.pod, status: { phase: 'Running', podIP: '10.0.0.1', ...status } } as V1Pod;
}

const sidecar = { pattern: 'sidecar', check: 'redis://:6379' };
const ended = (exitCode: number, reason = 'Error'): V1Pod =>
  running(sidecar, {
    status: {
      containerStatuses: [
        { name: 'web', restartCount: 1, lastState: { terminated: { exitCode, reason, finishedAt } } },
      ],
    },
  });
const isRestarted = (pod: V1Pod, nowMs: number, failedMs = 0): boolean => {
  const probed = toProbedPod(pod, prefix);
  assert(probed);
  const signs = { firstMs: failedMs, lastMs: failedMs, heardMs: failedMs };
  return isRestartedWithin(probed, signs, { nowMs, windowMs: 600_000 });
};

describe('a Pod with a restart budget', () => {
  it('has a sidecar that can be asked, and the share of the webhook', () => {
    const pod = toProbedPod(running(sidecar), prefix);
    assert.deepEqual(
      [pod?.sidecar, pod?.percent, pod?.containers, pod?.controller.name],
      [{ ip: '10.0.0.1', port: 9440 }, 25, ['web'], 'web-1'],
    );
    // (3 failures + 1) * 10 s, 30 s of grace, 15 s.
    assert.equal(pod?.restartMs, 85_000);
  });

  it('has no sidecar by the pattern cli', () => {
    const pod = toProbedPod(running({ pattern: 'cli', check: 'redis://:6379', 'restart-budget': '10%' }), prefix);
    assert.deepEqual([pod?.sidecar, pod?.percent], [undefined, 10]);
  });

  it('has a readiness that says the same, unless there is none of ours', () => {
    const status = { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: finishedAt }] };
    const ready = toProbedPod(running(sidecar, { status }), prefix);
    assert.deepEqual(ready?.readiness, { isReady: false, sinceMs: finishedMs });
    assert.equal(toProbedPod(running({ ...sidecar, readiness: 'off' }, { status }), prefix)?.readiness, undefined);
  });

  it('is none without a liveness of ours, an owner, a budget, or an agent', () => {
    const pods = [
      running({ ...sidecar, liveness: 'off' }),
      running(sidecar, { owners: [] }),
      running({ ...sidecar, 'restart-budget': 'off' }),
      running({ pattern: 'port', check: 'http://:8080/' }),
      running(sidecar, { status: { phase: 'Failed' } }),
    ];
    assert.deepEqual(
      pods.map((pod) => toProbedPod(pod, prefix)),
      pods.map(() => undefined),
    );
  });

  it('was restarted where a container ended as the kubelet ends one', () => {
    for (const exitCode of [0, 137, 143]) assert(isRestarted(ended(exitCode), finishedMs + 60_000), `${exitCode}`);
    assert(!isRestarted(ended(137), finishedMs + 600_000), 'the window is over');
    assert(!isRestarted(ended(137, 'OOMKilled'), finishedMs + 60_000));
  });

  it('was restarted where its liveness failed shortly before a container ended with another code', () => {
    assert(!isRestarted(ended(1), finishedMs + 60_000));
    assert(isRestarted(ended(1), finishedMs + 60_000, finishedMs - 5_000));
    assert(!isRestarted(ended(1), finishedMs + 60_000, finishedMs - 300_000));
  });
});
