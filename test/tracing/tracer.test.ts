import assert from 'node:assert/strict';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTracer } from '../../src/tracing/tracer.ts';
import { parseTraceparent } from '../../src/tracing/traceparent.ts';
import { eventually } from '../support/eventually.ts';
import { reviewOf, startWebhook } from '../support/webhook.ts';

type Sent = Readonly<Record<string, any>>;

/** A collector of OTLP/HTTP that keeps what it is sent, and answers with a status. */
async function startCollector(code = 200): Promise<{ spans: Sent[]; bodies: Sent[]; url: string; server: Server }> {
  const spans: Sent[] = [];
  const bodies: Sent[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      assert.deepEqual([request.method, request.url], ['POST', '/v1/traces']);
      const body = JSON.parse(text);
      bodies.push(body);
      spans.push(...body.resourceSpans[0].scopeSpans[0].spans);
      response.writeHead(code, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { spans, bodies, url, server };
}

const of =
  (key: string) =>
  (each: Sent): string =>
    each['attributes'].find((attribute: Sent) => attribute['key'] === key).value.stringValue;

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const span = { parent: undefined, startMs: 0, endMs: 1, isError: false, attributes: {} };

describe('traces', () => {
  it('carry a span for each review, in the trace of the apiserver where it has one', async () => {
    const { spans, bodies, url, server } = await startCollector();
    const webhook = await startWebhook({}, undefined, { otlpEndpoint: `${url}/` });
    const send = (traceparent: string, namespace: string) =>
      webhook.send(
        'POST',
        '/mutate',
        JSON.stringify(reviewOf({ spec: { containers: [{ name: 'a' }] } }, { namespace })),
        {
          'content-type': 'application/json',
          ...(traceparent === '' ? {} : { traceparent }),
        },
      );
    const begun = Date.now();
    await send(`00-${traceId}-${spanId}-01`, 'sampled');
    await send(`00-${traceId}-${spanId}-00`, 'not-sampled');
    await send('', 'no-parent');
    await webhook.drain(0);
    server.close();
    assert.deepEqual(spans.map(of('k8s.namespace.name')), ['sampled', 'no-parent']);
    const [sampled = {}, root = {}] = spans;
    assert.deepEqual([sampled['traceId'], sampled['parentSpanId']], [traceId, spanId]);
    assert.match(sampled['spanId'], /^[\da-f]{16}$/);
    assert.match(root['traceId'], /^[\da-f]{32}$/);
    assert.equal('parentSpanId' in root, false);
    assert.deepEqual(
      ['uid', 'kind', 'result'].map((key) => of(key)(sampled)),
      ['705ab4f5-6393-11e8-b7cc-42010a800002', 'Pod', 'not-asked'],
    );
    const [from, to] = [BigInt(sampled['startTimeUnixNano']), BigInt(sampled['endTimeUnixNano'])];
    assert(from < to && Math.abs(Number(from / 1_000_000n) - begun) < 60_000, `${from} ${to}`);
    assert.deepEqual(bodies[0]?.['resourceSpans'][0].resource.attributes[0], {
      key: 'service.name',
      value: { stringValue: 'health-injector' },
    });
  });

  it('never keep a review waiting: what a collector that is away does not take is dropped, and counted', async () => {
    const webhook = await startWebhook({}, undefined, { otlpEndpoint: 'http://127.0.0.1:9' });
    assert.equal((await webhook.review({ spec: { containers: [{ name: 'a' }] } })).allowed, true);
    await eventually('a dropped span', 5_000, async () =>
      /^health_injector_spans_total\{result="dropped"\} 1$/m.test((await webhook.send('GET', '/metrics')).body),
    );
    await webhook.stop();
  });

  it('are bounded, and sent in batches', async () => {
    const { bodies, url, server } = await startCollector();
    const counts = { sent: 0, dropped: 0 };
    const tracer = createTracer(url, '0.0.0', (result, spans) => void (counts[result] += spans));
    for (let index = 0; index < 5_000; index++) tracer.record(span);
    await tracer.stop();
    server.close();
    assert.deepEqual(counts, { sent: 4_096, dropped: 904 });
    assert.equal(bodies.length, 8);
  });

  it('count as dropped what the collector refuses', async () => {
    const { url, server } = await startCollector(503);
    const counts = { sent: 0, dropped: 0 };
    const tracer = createTracer(url, '0.0.0', (result, spans) => void (counts[result] += spans));
    tracer.record(span);
    await tracer.stop();
    server.close();
    assert.deepEqual(counts, { sent: 0, dropped: 1 });
  });

  it('begin anew where the header is none that is well-formed', () => {
    assert.deepEqual(parseTraceparent(`00-${traceId}-${spanId}-03`), { traceId, spanId, isSampled: true });
    // A later version may say more.
    assert.equal(parseTraceparent(`01-${traceId}-${spanId}-00-more`)?.isSampled, false);
    for (const header of [
      undefined,
      '',
      [`00-${traceId}-${spanId}-01`],
      `ff-${traceId}-${spanId}-01`,
      `00-${'0'.repeat(32)}-${spanId}-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-${spanId}-01`,
      `00-${traceId}-${spanId}`,
    ]) {
      assert.equal(parseTraceparent(header), undefined, String(header));
    }
  });
});
