import { Registry } from 'prom-client';
import { runRestartBudgetController } from '../../../../src/controllers/restart-budget/controller.ts';
import { createRestartMetrics } from '../../../../src/controllers/restart-budget/metrics.ts';
import type { EventInput } from '../../../../src/kube/event.ts';
import { createOwnerResolver } from '../../../../src/kube/owners.ts';
import { virtualTime } from '../../../kube/support/virtual-clock.ts';
import { createMemoryApiserver } from '../../../support/memory-apiserver.ts';
import { type Fleet, type SimulatedFleet, prefix, startFleet } from './fleet.ts';

const stepMs = 500;

/** What a watch delivers comes a few turns of the event loop later. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A cluster in which time passes step by step: simulated kubelets, and a controller that comes and goes. */
export function createWorld() {
  const time = virtualTime();
  const clock = time.clock();
  const apiserver = createMemoryApiserver();
  const fleets: SimulatedFleet[] = [];
  const events: EventInput[] = [];
  const failures: string[] = [];
  const registry = new Registry();
  const metrics = createRestartMetrics(registry);
  const dateMs = (): number => clock.date().getTime();
  let leading: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  return {
    apiserver,
    events,
    failures,
    registry,
    nowMs: dateMs,
    add: (fleet: Fleet): SimulatedFleet => {
      const started = startFleet(apiserver, dateMs, fleet);
      fleets.push(started);
      return started;
    },
    lead(): void {
      const stop = new AbortController();
      const ended = runRestartBudgetController(
        {
          client: apiserver.client,
          prefix,
          owners: createOwnerResolver(apiserver.client),
          recorder: { event: (input) => void events.push(input), eventDurable() {}, idle: async () => {} },
          metrics,
          onError: (sentence) => void failures.push(sentence),
          onAction() {},
          clock,
        },
        stop.signal,
      );
      leading = { stop, ended };
    },
    async depose(): Promise<void> {
      leading?.stop.abort();
      await leading?.ended;
      leading = undefined;
    },
    async pass(ms: number): Promise<void> {
      for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
        for (const fleet of fleets) fleet.step();
        await settle();
        await time.pass(stepMs);
        await settle();
      }
    },
  };
}

/** The most restarts in any ten minutes. */
export const mostInTenMinutes = (restarts: readonly { readonly atMs: number }[]): number =>
  Math.max(
    0,
    ...restarts.map(({ atMs }) => restarts.filter((each) => each.atMs >= atMs && each.atMs < atMs + 600_000).length),
  );
