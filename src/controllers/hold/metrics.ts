import { Counter, Gauge, type Registry } from 'prom-client';
import { initCounterSeries } from '../../config/counter-series.ts';
import type { PauseEvent } from './decide.ts';

/** What became of pauses, by the reason of the Event that tells it. */
const results = {
  HealthPaused: 'begun',
  HealthPauseEnded: 'ended',
  HealthPauseRefused: 'refused',
} as const satisfies Record<PauseEvent['reason'], string>;

/** The metrics of holds, in the registry of the controller. */
export function createHoldMetrics(registry: Registry) {
  const paused = new Gauge({
    name: 'health_injector_paused_pods',
    help: 'Running Pods whose liveness is held by the annotation pause.',
    registers: [registry],
  });
  const pauses = new Counter({
    name: 'health_injector_pauses_total',
    help: 'Pauses, by what became of them: begun, ended, or refused.',
    labelNames: ['result'],
    registers: [registry],
  });
  initCounterSeries(pauses, 'result', Object.values(results));
  return {
    countPaused: (pods: number): void => paused.set(pods),
    countEvent: (reason: PauseEvent['reason']): void => pauses.inc({ result: results[reason] }),
  };
}

export type HoldMetrics = ReturnType<typeof createHoldMetrics>;
