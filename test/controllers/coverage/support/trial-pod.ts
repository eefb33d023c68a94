import assert from 'node:assert/strict';
import type { V1Pod } from '@kubernetes/client-node';
import { type PodSummary, summarizePod } from '../../../../src/controllers/coverage/pod-index.ts';
import { inject } from '../../../../src/inject/inject.ts';
import { annotationsOnly } from '../../../../src/inject/model/scope.ts';
import { testContext } from '../../../support/webhook.ts';

/** An injected Pod on trial of the namespace and workload in its uid, `shop-web-1`, whose agent listens at the port. */
function trialPod(uid: string, port: number, { ageMs = 3_600_000 } = {}): V1Pod {
  const [namespace = '', workload = ''] = uid.split('-');
  const metadata = {
    uid,
    name: uid,
    namespace,
    creationTimestamp: new Date(Date.now() - ageMs),
    labels: { 'pod-template-hash': '5d8f' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${workload}-5d8f`, uid: `rs-${workload}`, controller: true },
    ],
    annotations: {
      'health.example.com/pattern': 'sidecar',
      'health.example.com/health-port': `${port}`,
      'health.example.com/check': 'redis://:6379',
      'health.example.com/trial': 'true',
    },
  };
  const outcome = inject({ metadata, spec: { containers: [{ name: 'redis', image: 'redis:8' }] } }, testContext);
  assert(outcome.kind === 'injected');
  const status = { phase: 'Running', podIP: '127.0.0.1' };
  return { ...outcome.pod, status } as V1Pod;
}

/** What the controller holds of it. */
export const trialSummary = (uid: string, port: number, options: { readonly ageMs?: number } = {}): PodSummary =>
  summarizePod(trialPod(uid, port, options), { ...testContext, annotatedOnly: false }, () => annotationsOnly) ??
  assert.fail();
