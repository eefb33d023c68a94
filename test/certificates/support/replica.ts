import { X509Certificate } from 'node:crypto';
import { Registry } from 'prom-client';
import type { KeyPair } from '../../../src/certificates/pki.ts';
import { type ReconcilerTiming, runCertificateReconciler } from '../../../src/certificates/reconciler.ts';
import { createCertificateMetrics } from '../../../src/certificates/metrics.ts';
import { type Clock, systemClock } from '../../../src/kube/clock.ts';
import { type Cluster, namespace } from './cluster.ts';

/** Times under which nothing takes long. */
export const quick: ReconcilerTiming = { pollMs: 40, callMs: 5_000, trustMs: 60, graceMs: 200, minMs: 4, maxMs: 30 };

/** The wall clock of all replicas, which jumps when it is told to; the other one never does. */
export function wallClock() {
  let offsetMs = 0;
  const clock: Clock = { ...systemClock, date: () => new Date(Date.now() + offsetMs) };
  return {
    clock,
    jump: (days: number): void => void (offsetMs += days * 86_400_000),
  };
}

export type Replica = ReturnType<typeof startReplica>;

/** A replica that keeps the certificate, and all that it did, said and serves. */
export function startReplica(
  cluster: Cluster,
  clock: Clock,
  { isExternallyManaged = false, serve = (_pair: KeyPair): void => {}, timing = quick } = {},
) {
  const served: X509Certificate[] = [];
  const said: string[] = [];
  const failures: string[] = [];
  const stop = new AbortController();
  const registry = new Registry();
  const ended = runCertificateReconciler(
    {
      client: cluster.client,
      secret: { namespace, name: 'pair' },
      service: 'webhook',
      configuration: 'ours',
      isExternallyManaged,
      serve: (pair) => {
        serve(pair);
        served.push(new X509Certificate(pair.cert));
      },
      metrics: createCertificateMetrics(registry),
      log: (fields, message) => said.push(`${message}: ${JSON.stringify(fields)}`),
      onError: (sentence) => failures.push(sentence),
    },
    stop.signal,
    clock,
    timing,
  );
  return {
    served,
    said,
    failures,
    leaf: (): X509Certificate | undefined => served.at(-1),
    metrics: () => registry.metrics(),
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}
