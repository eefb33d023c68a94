import { Counter, Gauge, type Registry } from 'prom-client';
import { initCounterSeries } from '../../config/counter-series.ts';

/** What was done about the hold of a Pod. */
const holdActs = ['begun', 'renewed', 'ended', 'failed'] as const;

export type HoldAct = (typeof holdActs)[number];

/** The metrics of the restart budget; no label grows with what users write. */
export function createRestartMetrics(registry: Registry) {
  const holding = new Gauge({
    name: 'health_injector_restarts_held',
    help: 'Pods whose liveness fails and whose restart waits, since too many Pods of their owner fail at once.',
    registers: [registry],
  });
  const owners = new Gauge({
    name: 'health_injector_restart_budget_spent_owners',
    help: 'Owners of which more Pods fail or were restarted in ten minutes than their restart budget has.',
    registers: [registry],
  });
  const acts = new Counter({
    name: 'health_injector_restart_holds_total',
    help: 'Holds of liveness for the restart budget: begun, renewed, ended, and writes that failed.',
    labelNames: ['act'],
    registers: [registry],
  });
  initCounterSeries(acts, 'act', holdActs);
  return {
    counted(failingPods: number, spentOwners: number): void {
      holding.set(failingPods);
      owners.set(spentOwners);
    },
    acted: (act: HoldAct): void => acts.inc({ act }),
  };
}

export type RestartMetrics = ReturnType<typeof createRestartMetrics>;
