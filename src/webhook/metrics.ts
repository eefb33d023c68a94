import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { patternNames } from '../inject/patterns/index.ts';
import { startAtZero } from '../start-at-zero.ts';
import { results } from '../inject/outcome.ts';
import type { Answer } from './answer.ts';

/** The metrics of the webhook; every label has a closed set of values, so that no user can make it grow. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const reviews = new Counter({
    name: 'health_injector_reviews_total',
    help: 'Admission reviews answered, by what became of the object: injected, copied, or the reason why not.',
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
  const refused = new Counter({
    name: 'health_injector_refused_requests_total',
    help: 'Calls that were refused rather than answered with a review, by HTTP status.',
    labelNames: ['code'],
    registers: [registry],
  });
  const inFlight = new Gauge({
    name: 'health_injector_requests_in_flight',
    help: 'Calls of /mutate that are being answered.',
    registers: [registry],
  });
  const spans = new Counter({
    name: 'health_injector_spans_total',
    help: 'Spans of reviews, by what became of them: sent to the collector, or dropped.',
    labelNames: ['result'],
    registers: [registry],
  });
  const overloaded = new Gauge({
    name: 'health_injector_overloaded',
    help: '1 while reviews are turned away, because the event loop is behind.',
    registers: [registry],
  });
  startAtZero(reviews, 'result', results);
  startAtZero(injections, 'pattern', patternNames);
  startAtZero(spans, 'result', ['sent', 'dropped']);
  return {
    registry,
    overloaded,
    inFlight,
    /** Counts one answer. */
    answered({ result, patterns }: Pick<Answer, 'result' | 'patterns'>, durationSeconds: number): void {
      reviews.inc({ result });
      if (result === 'injected') for (const pattern of patterns) injections.inc({ pattern });
      durations.observe(durationSeconds);
    },
    /** Counts a call that was refused with this HTTP status. */
    refused(code: number): void {
      refused.inc({ code });
    },
    /** Counts spans that were sent or dropped. */
    traced: (result: 'sent' | 'dropped', count: number): void => spans.inc({ result }, count),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
