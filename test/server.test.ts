import assert from 'node:assert/strict';
import { Agent, request } from 'node:https';
import { connect } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { mutateHead, rawCall } from './support/raw-call.ts';
import { type RunningWebhook, patchOf, reviewOf, startWebhook } from './support/webhook.ts';

const json = { 'content-type': 'application/json' };
const limitBytes = 7 * 1024 * 1024;
const pod = {
  metadata: { annotations: { 'health.example.com/pattern': 'port', 'health.example.com/port': '8080' } },
  spec: { containers: [{ name: 'app', image: 'app:1' }] },
};

describe('the server', () => {
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook({}, (server) => {
      server.headersTimeout = 250;
      server.requestTimeout = 250;
      Object.assign(server, { connectionsCheckingInterval: 50 });
    });
  });
  after(() => webhook.stop());
  afterEach('still answers a good review, with nothing left in flight', async () => {
    assert.equal(patchOf(await webhook.review(pod)).length, 3);
    assert.match((await webhook.send('GET', '/metrics')).body, /^health_injector_requests_in_flight 0$/m);
  });

  const good = JSON.stringify(reviewOf(pod));
  const refused = {
    'a body that is not JSON': { body: 'annotations: {}', code: 400 },
    'an empty body': { body: '', code: 400 },
    'a truncated body': { body: good.slice(0, -20), code: 400 },
    'a body that is null': { body: 'null', code: 400 },
    'a body that is a list': { body: `[${good}]`, code: 400 },
    'a body with a byte order mark': { body: `\uFEFF${good}`, code: 400 },
    'another content type': { body: good, code: 415, headers: { 'content-type': 'application/yaml' } },
    'no content type': { body: good, code: 415, headers: {} },
    'a content type that only begins like JSON': {
      body: good,
      code: 415,
      headers: { 'content-type': 'application/jsonp' },
    },
    'a compressed body': { body: gzipSync(good), code: 415, headers: { ...json, 'content-encoding': 'gzip' } },
  } satisfies Record<string, { body: string | Buffer; code: number; headers?: Record<string, string> }>;

  for (const [name, { body, code, ...rest }] of Object.entries(refused)) {
    it(`refuses ${name} with ${code} and one sentence`, async () => {
      const reply = await webhook.send('POST', '/mutate', body, 'headers' in rest ? rest.headers : json);
      assert.equal(reply.code, code);
      assert.match(reply.body, /^[A-Z][^\n]*\.\n$/);
    });
  }

  it('takes a content type with a character set, and the query that the apiserver adds', async () => {
    const reply = await webhook.send('POST', '/mutate?timeout=3s', good, {
      'content-type': 'application/json; charset=utf-8',
    });
    assert.equal(reply.code, 200);
  });

  it('answers a review of 6 MiB', async () => {
    const env = [{ name: 'FILLER', value: 'x'.repeat(6 * 1024 * 1024) }];
    // A busy machine takes longer for it than the other tests let a client take.
    const patient = await startWebhook();
    const response = await patient.review({ ...pod, spec: { containers: [{ name: 'app', env }] } });
    await patient.stop();
    assert.equal(patchOf(response).length, 3);
  });

  it('refuses a body that says to be too large before it comes', async () => {
    const said = await rawCall(webhook.connection, mutateHead(`Content-Length: ${limitBytes + 1}`));
    assert.match(said, /^HTTP\/1.1 413 /);
  });

  it('refuses a chunked body once it is too large', async () => {
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x10_00_00, ' '), Buffer.from('\r\n')]);
    const chunks = Array.from({ length: 8 }, () => chunk);
    const said = await rawCall(webhook.connection, mutateHead('Transfer-Encoding: chunked'), ...chunks);
    assert.match(said, /^HTTP\/1.1 413 /);
  });

  it('hangs up on a client that stalls in the head', async () => {
    assert.match(await rawCall(webhook.connection, 'POST /mutate HTTP/1.1\r\nHost: loc'), /^HTTP\/1.1 408 /);
  });

  it('hangs up on a client that stalls in the body', async () => {
    assert.match(await rawCall(webhook.connection, mutateHead('Content-Length: 100'), '{"kind":'), /^HTTP\/1.1 4\d\d /);
  });

  it('looks for stalled clients often enough for its time-outs to hold', async () => {
    const fresh = await startWebhook();
    await fresh.stop();
    const interval = (fresh.server as unknown as { connectionsCheckingInterval: number }).connectionsCheckingInterval;
    assert(interval <= fresh.server.requestTimeout / 2, `${interval} ms`);
  });

  it('keeps idle connections for longer than the apiserver does', () => {
    assert(webhook.server.keepAliveTimeout > 90_000);
  });

  it('survives a client that goes away in the body', async () => {
    const socket = connect(webhook.connection, () => {
      socket.write(mutateHead('Content-Length: 100'));
      socket.write('{"kind":', () => setTimeout(() => socket.destroy(), 20));
    });
    await new Promise((resolve) => socket.on('close', resolve));
    await sleep(20);
  });

  it('survives bytes that are not HTTP', async () => {
    assert.match(await rawCall(webhook.connection, '\u0016\u0003\u0001 hello\r\n\r\n'), /^HTTP\/1.1 400 /);
  });

  it('says what is where', async () => {
    const wrongMethod = await webhook.send('GET', '/mutate');
    assert.equal(wrongMethod.code, 405);
    assert.equal(wrongMethod.headers['allow'], 'POST');
    for (const path of ['/', '/mutate2', '/%', '/%00', '/../mutate', '/__proto__', '/metrics/x']) {
      assert.equal((await webhook.send('GET', path)).code, 404, path);
    }
    assert.equal((await webhook.send('DELETE', '/livez')).code, 404);
  });

  it('is live and ready', async () => {
    for (const path of ['/livez', '/readyz']) {
      const { code, body } = await webhook.send('GET', path);
      assert.deepEqual({ code, body }, { code: 200, body: 'ok\n' });
    }
  });

  it('counts what it did', async () => {
    await webhook.review({ ...pod, metadata: {} });
    await webhook.send('POST', '/mutate', 'x', json);
    const { body, headers } = await webhook.send('GET', '/metrics');
    assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
    for (const line of [
      /^health_injector_reviews_total\{result="injected"\} [1-9]/m,
      /^health_injector_reviews_total\{result="not-asked"\} 1$/m,
      /^health_injector_injections_total\{pattern="port"\} [1-9]/m,
      /^health_injector_refused_requests_total\{code="400"\} [1-9]/m,
      /^health_injector_review_duration_seconds_count [1-9]/m,
      /^process_resident_memory_bytes /m,
    ]) {
      assert.match(body, line);
    }
  });

  it('answers one call after the other on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const call = (): Promise<boolean> =>
      new Promise((resolve, reject) => {
        const sent = request(
          { ...webhook.connection, agent, method: 'POST', path: '/mutate', headers: json },
          (reply) => {
            reply.resume().on('end', () => resolve(sent.reusedSocket));
          },
        );
        sent.on('error', reject).end(good);
      });
    assert.deepEqual([await call(), await call(), await call()], [false, true, true]);
    agent.destroy();
  });

  it('drains: not ready, still answering, hanging up after each answer, then gone', async () => {
    const going = await startWebhook();
    const gone = going.drain(1_500);
    const ready = await going.send('GET', '/readyz');
    assert.deepEqual([ready.code, ready.body], [503, 'draining\n']);
    const answer = await going.send('POST', '/mutate', good, json);
    assert.deepEqual([answer.code, answer.headers['connection']], [200, 'close']);
    assert.equal((await going.send('GET', '/livez')).code, 200);
    await gone;
    await assert.rejects(going.send('GET', '/livez'), { code: 'ECONNREFUSED' });
  });

  it('drains even where a client stalls', async () => {
    const going = await startWebhook({}, (server) => {
      server.requestTimeout = 200;
    });
    const stalled = rawCall(going.connection, mutateHead('Content-Length: 100'), '{');
    await sleep(50);
    await going.drain(10);
    await stalled;
  });
});
