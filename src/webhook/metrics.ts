import type { Server } from 'node:https';
import { promisify } from 'node:util';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { patternNames } from '../inject/patterns/index.ts';
import { initCounterSeries } from '../config/counter-series.ts';
import { results } from '../inject/outcome.ts';
import type { Answer } from './answer.ts';

/** The metrics of the webhook; every label has a closed set of values, so that no user can make it grow. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const reviews = new Counter({
    name: 'health_injector_reviews_total',
    help: 'Admission reviews answered, by what became of the object: injected, copied, advised on, or the reason why not.',
    labelNames: ['result'],
    registers: [registry],
  });
  const injections = new Counter({
    name: 'health_injector_injections_total',
    help: 'Pods that a pattern was injected into.',
    labelNames: ['pattern'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'health_injector_review_duration_seconds',
    help: 'Time from the whole body to the answer.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers: [registry],
  });
  const rejections = new Counter({
    name: 'health_injector_refused_requests_total',
    help: 'Calls that were refused rather than answered with a review, by HTTP status.',
    labelNames: ['code'],
    registers: [registry],
  });
  const inFlight = new Gauge({
    name: 'health_injector_requests_in_flight',
    help: 'Reviews that are being answered.',
    registers: [registry],
  });
  initCounterSeries(reviews, 'result', results);
  initCounterSeries(injections, 'pattern', patternNames);
  return {
    registry,
    inFlight,
    answered({ result, patterns }: Pick<Answer, 'result' | 'patterns'>, durationSeconds: number): void {
      reviews.inc({ result });
      if (result === 'injected') for (const pattern of patterns) injections.inc({ pattern });
      durations.observe(durationSeconds);
    },
    /** `code` is the HTTP status. */
    rejected: (code: number): void => rejections.inc({ code }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Adds which version runs, how many connections are open, and how many were closed at once for being too many. */
export function addServerMetrics(registry: Registry, server: Server, version: string): void {
  const build = new Gauge({
    name: 'health_injector_build_info',
    help: 'Always 1: the version that runs.',
    labelNames: ['version'],
    registers: [registry],
  });
  build.set({ version }, 1);
  const countConnections = promisify(server.getConnections.bind(server));
  const open = new Gauge({
    name: 'health_injector_open_connections',
    help: 'Connections that are open, those in the middle of their handshake included.',
    async collect() {
      open.set(await countConnections());
    },
    registers: [registry],
  });
  const dropped = new Counter({
    name: 'health_injector_dropped_connections_total',
    help: 'Connections that were closed at once, because too many were open.',
    registers: [registry],
  });
  server.on('drop', () => dropped.inc());
}
