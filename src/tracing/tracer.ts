import { type Span, exportRequest } from './span.ts';

/** How many spans wait at most, go at once, and for how long. */
const mostWaiting = 4_096;
const mostAtOnce = 512;
const periodMs = 1_000;
const timeoutMs = 5_000;

/** Takes spans, and sends them when there is time. */
export type Tracer = {
  /** Never waits and never throws: a span for which there is no room is dropped, and counted. */
  readonly record: (span: Span) => void;
  /** Sends what still waits, and ends. */
  readonly stop: () => Promise<void>;
};

/**
 * Sends spans to the `/v1/traces` of an OTLP collector as JSON. By hand: the SDK would cost more memory than the webhook
 * has, for a call with one span. What a collector does not take is dropped, since only reviews are worth trying again.
 */
export function createTracer(
  endpoint: string,
  version: string,
  counted: (result: 'sent' | 'dropped', spans: number) => void,
): Tracer {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const waiting: Span[] = [];
  let sending: Promise<void> | undefined;
  const timer = setInterval(() => void send(), periodMs).unref();

  const send = (): Promise<void> =>
    (sending ??= drain().finally(() => {
      sending = undefined;
    }));

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const spans = waiting.splice(0, mostAtOnce);
      const isSent = await post(url, exportRequest(spans, version));
      counted(isSent ? 'sent' : 'dropped', spans.length);
      // The others wait for the next time, and not one time-out after the other.
      if (!isSent) return;
    }
  }

  return {
    record(span) {
      if (span.parent?.isSampled === false) return;
      if (waiting.length >= mostWaiting) counted('dropped', 1);
      else waiting.push(span);
    },
    async stop() {
      clearInterval(timer);
      await send();
    },
  };
}

async function post(url: string, body: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    return false;
  }
}
