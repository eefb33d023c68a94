// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
import { randomBytes } from 'node:crypto';
import type { Parent } from './traceparent.ts';

/** A review that was answered; times in milliseconds of `performance.now()`. */
export type Span = {
  readonly parent: Parent | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string>>;
};

/** The request that brings spans to a collector. */
export const exportRequest = (spans: readonly Span[], version: string): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': 'health-injector', 'service.version': version }) },
        scopeSpans: [{ scope: { name: 'health-injector', version }, spans: spans.map(encode) }],
      },
    ],
  });

const encode = ({ parent, startMs, endMs, isError, attributes }: Span) => ({
  traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
  ...(parent ? { parentSpanId: parent.spanId } : {}),
  name: 'review',
  kind: 2,
  startTimeUnixNano: unixNanos(startMs),
  endTimeUnixNano: unixNanos(endMs),
  attributes: attributesOf(attributes),
  status: isError ? { code: 2 } : {},
});

/** A number of JSON holds no nanoseconds of today: they are text. */
const unixNanos = (ms: number): string => `${Math.round((performance.timeOrigin + ms) * 1_000)}000`;

const attributesOf = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));
