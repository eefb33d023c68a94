import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { type EventOutcome, eventOutcomes } from '../../kube/event-recorder.ts';
import { initCounterSeries } from '../../config/counter-series.ts';
import type { PodIndex } from './pod-index.ts';
import { type Eviction, evictionResults } from '../../kube/eviction.ts';

/** The metrics of the controller; the only label that grows is the policy, and who writes policies owns the cluster. */
export function createControllerMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const missed = new Gauge({
    name: 'health_injector_missed_pods',
    help: 'Running Pods that lack the health check which their annotations, a policy or their namespace ask for.',
    registers: [registry],
  });
  const invalid = new Gauge({
    name: 'health_injector_invalid_pods',
    help: 'Running Pods whose annotations have a mistake.',
    registers: [registry],
  });
  const invalidPolicies = new Gauge({
    name: 'health_injector_invalid_policies',
    help: 'HealthPolicies with a mistake, which inject nothing.',
    registers: [registry],
  });
  const byPolicy = new Gauge({
    name: 'health_injector_policy_pods',
    help: 'Running Pods that a policy selects, by what became of them: injected, missed or skipped.',
    labelNames: ['policy', 'state'],
    registers: [registry],
  });
  const unproven = new Gauge({
    name: 'health_injector_unproven_pods',
    help: 'Running Pods with a check that was found, not written, and has not passed since the container started.',
    registers: [registry],
  });
  const repairs = new Counter({
    name: 'health_injector_repairs_total',
    help: 'Evictions of missed Pods, by what became of them: evicted, gone, refused by a budget, or failed.',
    labelNames: ['result'],
    registers: [registry],
  });
  const leading = new Gauge({
    name: 'health_injector_leading',
    help: '1 where this replica leads.',
    registers: [registry],
  });
  const events = new Counter({
    name: 'health_injector_events_total',
    help: 'Events about owners: created, patched as a series, aggregated into one that was just written, limited or failed.',
    labelNames: ['result'],
    registers: [registry],
  });
  initCounterSeries(repairs, 'result', evictionResults);
  initCounterSeries(events, 'result', eventOutcomes);
  return {
    registry,
    leading,
    invalidPolicies,
    /** Sets the gauges to what became of these Pods, of which so many have an unproven guess. */
    countPods(pods: PodIndex, unprovenPods: number): void {
      unproven.set(unprovenPods);
      missed.set(pods.byIndex('state', 'missed').length);
      invalid.set(pods.byIndex('state', 'invalid-annotations').length);
      byPolicy.reset();
      for (const [policy, counts] of countStates(pods)) {
        for (const [state, count] of Object.entries(counts)) byPolicy.set({ policy, state }, count);
      }
    },
    countEvent: (result: EventOutcome): void => events.inc({ result }),
    countRepair({ result }: Eviction): void {
      repairs.inc({ result });
    },
  };
}

export type ControllerMetrics = ReturnType<typeof createControllerMetrics>;

function countStates(pods: PodIndex) {
  const byPolicy = new Map<string, { injected: number; missed: number; skipped: number }>();
  for (const { verdict } of pods.list()) {
    const { policy, state } = verdict;
    if (policy === undefined) continue;
    const counts = byPolicy.get(policy) ?? { injected: 0, missed: 0, skipped: 0 };
    byPolicy.set(policy, counts);
    counts[state === 'injected' || state === 'missed' ? state : 'skipped'] += 1;
  }
  return byPolicy;
}
