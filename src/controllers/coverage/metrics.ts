import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { type EventOutcome, eventOutcomes } from '../../kube/event-recorder.ts';
import { initCounterSeries } from '../../config/counter-series.ts';
import type { TrialStatus } from '../../trial/sums.ts';
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
  const trials = trialGauges(registry);
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
    countTrials(byPolicy: ReadonlyMap<string, TrialStatus>): void {
      for (const { gauge } of trials) gauge.reset();
      for (const [policy, status] of byPolicy) for (const { gauge, of } of trials) gauge.set({ policy }, of(status));
    },
    countEvent: (result: EventOutcome): void => events.inc({ result }),
    countRepair({ result }: Eviction): void {
      repairs.inc({ result });
    },
  };
}

/** What the agents of Pods on trial count; the policy is empty for Pods that annotations put on trial. */
function trialGauges(registry: Registry) {
  const rows: readonly (readonly [name: string, help: string, of: (status: TrialStatus) => number])[] = [
    ['pods', 'Running Pods on trial, by policy.', ({ pods }) => pods],
    ['answered_pods', 'Of those, Pods whose agent has answered the controller.', ({ answered }) => answered],
    ['would_restart_pods', 'Of those, Pods that would have been restarted.', ({ wouldRestart }) => wouldRestart.pods],
    [
      'would_restart',
      'Restarts that the running Pods on trial would have had.',
      ({ wouldRestart }) => wouldRestart.count,
    ],
    [
      'would_be_unready_seconds',
      'For how long the running Pods on trial would not have been ready, all together.',
      ({ wouldBeUnready }) => wouldBeUnready.seconds,
    ],
  ];
  return rows.map(([name, help, of]) => ({
    of,
    gauge: new Gauge({ name: `health_injector_trial_${name}`, help, labelNames: ['policy'], registers: [registry] }),
  }));
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
