import type { Registry } from 'prom-client';
import { createCertificateMetrics } from '../../../src/certificates/metrics.ts';
import { createHardwareMetrics } from '../../../src/controllers/hardware/metrics.ts';
import { createHoldMetrics } from '../../../src/controllers/hold/metrics.ts';
import { createRestartMetrics } from '../../../src/controllers/restart-budget/metrics.ts';
import { createControllerMetrics } from '../../../src/controllers/coverage/metrics.ts';
import { createMetrics } from '../../../src/webhook/metrics.ts';

/** Metrics of the apiserver, with their labels: https://kubernetes.io/docs/reference/instrumentation/metrics/ */
const ofTheApiserver = {
  apiserver_admission_webhook_admission_duration_seconds_bucket: ['name', 'operation', 'rejected', 'type', 'le'],
  apiserver_admission_webhook_fail_open_count: ['name', 'type'],
  apiserver_admission_webhook_rejection_count: ['error_type', 'name', 'operation', 'rejection_code', 'type'],
};

/** What Prometheus adds to every series of a target. */
export const ofTheTarget = ['namespace', 'pod', 'container', 'instance', 'job'];

/** The names of the series that a registry exports, with their own labels. */
const exportedBy = (registry: Registry): (readonly [string, readonly string[]])[] =>
  registry.getMetricsAsArray().flatMap((metric) => {
    const { name, labelNames = [] } = metric as unknown as { name: string; labelNames?: readonly string[] };
    const isHistogram = metric.constructor.name === 'Histogram';
    if (!isHistogram) return [[name, labelNames] as const];
    return [
      [`${name}_bucket`, [...labelNames, 'le']],
      [`${name}_sum`, labelNames],
      [`${name}_count`, labelNames],
    ] as const;
  });

/** Every series that webhook and controller export, with its labels. */
export const exported: ReadonlyMap<string, readonly string[]> = new Map(
  [webhookRegistry(), controllerRegistry()].flatMap(exportedBy),
);

function controllerRegistry(): Registry {
  const { registry } = createControllerMetrics();
  createHardwareMetrics(registry);
  createHoldMetrics(registry);
  createRestartMetrics(registry);
  return registry;
}

function webhookRegistry(): Registry {
  const { registry } = createMetrics();
  createCertificateMetrics(registry);
  return registry;
}

/** Every series that rules and dashboard may name, with its labels; Prometheus itself makes `up`. */
export const known: ReadonlyMap<string, readonly string[]> = new Map([
  ...exported,
  ...Object.entries(ofTheApiserver),
  ['up', []],
]);
