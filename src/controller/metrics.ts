import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { type EventOutcome, eventOutcomes } from '../kube/event-recorder.ts';
import { startAtZero } from '../start-at-zero.ts';
import type { Census } from './census.ts';
import { type Eviction, evictionResults } from '../kube/eviction.ts';

/** The metrics of the controller; the only label that grows is the policy, and who writes policies owns the cluster. */
export function createControllerMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const missed = new Gauge({
    name: 'health_injector_missed_pods',
    help: 'Running Pods that lack the health check which their annotations, a policy or their namespace ask for.',
    registers: [registry],
  });
  const mistaken = new Gauge({
    name: 'health_injector_mistaken_pods',
    help: 'Running Pods whose annotations have a mistake.',
    registers: [registry],
  });
  const mistakenPolicies = new Gauge({
    name: 'health_injector_mistaken_policies',
    help: 'HealthPolicies with a mistake, which inject nothing.',
    registers: [registry],
  });
  const byPolicy = new Gauge({
    name: 'health_injector_policy_pods',
    help: 'Running Pods that a policy selects, by what became of them: injected, missed or skipped.',
    labelNames: ['policy', 'state'],
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
    help: 'Events about owners: created, patched as a series, folded into one that was just written, limited or failed.',
    labelNames: ['result'],
    registers: [registry],
  });
  startAtZero(repairs, 'result', evictionResults);
  startAtZero(events, 'result', eventOutcomes);
  return {
    registry,
    leading,
    mistakenPolicies,
    /** Shows how the Pods stand. */
    counted(census: Census): void {
      missed.set(census.missed().length);
      mistaken.set(census.mistaken().length);
      byPolicy.reset();
      for (const [policy, { matched, injected, missed: lacking }] of census.byPolicy()) {
        byPolicy.set({ policy, state: 'injected' }, injected);
        byPolicy.set({ policy, state: 'missed' }, lacking);
        byPolicy.set({ policy, state: 'skipped' }, matched - injected - lacking);
      }
    },
    /** Counts an Event. */
    eventWritten: (result: EventOutcome): void => events.inc({ result }),
    /** Counts an eviction. */
    repaired({ result }: Eviction): void {
      repairs.inc({ result });
    },
  };
}

export type ControllerMetrics = ReturnType<typeof createControllerMetrics>;
