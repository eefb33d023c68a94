import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ApiError, ignoreNotFound, isConflict, isNotFound } from '../../src/kube/api-error.ts';
import { type Transport, type WatchEvent, createClient } from '../../src/kube/client.ts';
import { systemClock } from '../../src/kube/clock.ts';
import { eventually } from '../support/eventually.ts';
import { answer } from './support/answer.ts';
import { type Apiserver, type Fault, refuse, startApiserver } from './support/apiserver.ts';
import { clientFor, serviceAccount } from './support/reflector.ts';
import { virtualTime } from './support/virtual-clock.ts';

const { signal } = new AbortController();

/** What became of a call by now. */
const outcomeOf = (call: Promise<unknown>) => {
  const outcome = { is: 'open' };
  call.then(
    () => (outcome.is = 'answered'),
    (error: Error) => (outcome.is = error.message),
  );
  return outcome;
};

/** Answers with what was sent. */
const echo: Fault = (request, response) => {
  const { method, url, headers } = request;
  void text(request).then((body) => response.end(JSON.stringify([method, url, headers['content-type'], body])));
  return true;
};

/** What flow control answers, byte for byte. */
const isBusy: Fault = (_request, response) => {
  response.writeHead(429, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '2' });
  response.end('Too many requests, please try again later.\n');
  return true;
};

const accepts: Fault = (_request, response) => {
  response.writeHead(201, { 'content-type': 'application/json' }).end('{}');
  return true;
};

/** What a PodDisruptionBudget answers that the disruption controller has not looked at yet. */
const isRefused: Fault = (_request, response) => refuse(response, 429, 'Cannot evict pod', { 'retry-after': '10' });

describe('the client', () => {
  let apiserver: Apiserver;
  const account = serviceAccount('first');

  beforeEach(async () => {
    apiserver = await startApiserver();
    account.write('first');
  });
  afterEach(() => apiserver.stop());

  it('sends JSON, a patch as a merge patch, and an apply by force in the name of its field manager', async () => {
    const client = clientFor(apiserver, account.directory);
    const object = { a: 'ü' };
    const json = JSON.stringify(object);
    const sent = async (call: () => Promise<unknown>): Promise<unknown> => {
      apiserver.faults.push(echo);
      return call();
    };
    assert.deepEqual(await sent(() => client.create('/things', object, { signal })), [
      'POST',
      '/things',
      'application/json',
      json,
    ]);
    assert.deepEqual(await sent(() => client.update('/things/a', object, { signal })), [
      'PUT',
      '/things/a',
      'application/json',
      json,
    ]);
    assert.deepEqual(await sent(() => client.patch('/things/a', object, { signal })), [
      'PATCH',
      '/things/a',
      'application/merge-patch+json',
      json,
    ]);
    assert.deepEqual(await sent(() => client.apply('/things/a', object, { fieldManager: 'me', signal })), [
      'PATCH',
      '/things/a?fieldManager=me&force=true',
      'application/apply-patch+yaml',
      json,
    ]);
  });

  it('sends the preconditions of a delete', async () => {
    const sent: unknown[] = [];
    const client = createClient(async ({ method, path, body }) => {
      sent.push(method, path, body);
      return answer(200, {});
    });
    await client.delete('/things/a', { preconditions: { uid: 'u', resourceVersion: '7' }, signal });
    const preconditions = { uid: 'u', resourceVersion: '7' };
    assert.deepEqual(sent, ['DELETE', '/things/a', { apiVersion: 'v1', kind: 'DeleteOptions', preconditions }]);
  });

  it('asks for metadata alone, of an object and of a list', async () => {
    const client = clientFor(apiserver, account.directory);
    await client.list('/things', { metadataOnly: true, signal });
    apiserver.faults.push(echo);
    await client.get('/things/a', { metadataOnly: true, signal });
    assert.deepEqual(
      apiserver.calls.map(({ accept }) => accept),
      ['PartialObjectMetadataList', 'PartialObjectMetadata'].map(
        (kind) => `application/json;as=${kind};g=meta.k8s.io;v=v1`,
      ),
    );
  });

  it('rejects with what the apiserver says of itself', async () => {
    const status = {
      reason: 'AlreadyExists',
      message: 'things "a" already exists',
      details: { causes: [{ reason: 'x' }] },
    };
    const answers: [number, object | string][] = [
      [409, status],
      [404, { message: '' }],
      [502, '<html>bad gateway</html>'],
      [500, 7 as unknown as object],
    ];
    const client = createClient(async () => {
      const [code, body] = answers.shift() ?? assert.fail();
      const response = answer(code, body as object);
      return typeof body === 'string' ? { ...response, body: new PassThrough().end(body) } : response;
    });
    const rejection = async (): Promise<ApiError> => {
      const error: unknown = await client.create('/things', {}, { signal }).catch((caught: unknown) => caught);
      assert(error instanceof ApiError);
      return error;
    };
    const conflict = await rejection();
    assert(isConflict(conflict) && !isNotFound(conflict));
    assert.deepEqual(
      [conflict.reason, conflict.message, conflict.causes],
      ['AlreadyExists', 'the answer was 409, "things "a" already exists"', [{ reason: 'x' }]],
    );
    const missing = await rejection();
    assert(isNotFound(missing));
    assert.equal(missing.summary, '404');
    assert.equal((await rejection()).message, 'the answer was 502, "<html>bad gateway</html>"');
    assert.equal((await rejection()).summary, '500');
  });

  it('tells what is not there from what may not be read', async () => {
    const statuses = [404, 403];
    const client = createClient(async () => answer(statuses.shift() ?? 200, { message: 'no' }));
    assert.equal(await ignoreNotFound(client.get('/things/a', { signal })), undefined);
    await assert.rejects(ignoreNotFound(client.get('/things/a', { signal })), /^Error: the answer was 403, "no"$/);
  });

  it('takes an answer for broken that is no JSON, and one for too large that is longer than its limit', async () => {
    const bodies = ['<html>', '"x"'.padEnd(101)];
    const client = createClient(
      async () => ({ status: 200, headers: {}, body: new PassThrough().end(bodies.shift()) }),
      { maxResponseBytes: 100 },
    );
    await assert.rejects(client.get('/things/a', { signal }), SyntaxError);
    await assert.rejects(client.get('/things/a', { signal }), /more than 100 bytes at once/);
  });

  it('hands on each event of a watch, and rejects with its error', async () => {
    const body = new PassThrough();
    const client = createClient(async () => ({ status: 200, headers: {}, body }));
    const events: WatchEvent[] = [];
    const ended = client.watch('/things', { resourceVersion: '1', timeoutSeconds: 60, signal }, (event) =>
      events.push(event),
    );
    const object = { metadata: { resourceVersion: '2' } };
    body.write(`${JSON.stringify({ type: 'ADDED', object })}\n`);
    body.write(`${JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old' } })}\n`);
    await assert.rejects(ended, (error) => error instanceof ApiError && error.status === 410);
    assert.deepEqual(events, [{ type: 'ADDED', object, resourceVersion: '2' }]);
  });

  it('ends a call when it is told to, before and after the head of the answer', async () => {
    const client = clientFor(apiserver, account.directory);
    for (const isAnswered of [false, true]) {
      apiserver.faults.push((_request, response) => {
        if (isAnswered) response.writeHead(200).flushHeaders();
        return true;
      });
      const stop = new AbortController();
      const call = client.get('/things', { signal: stop.signal });
      setTimeout(() => stop.abort(), 50);
      await assert.rejects(call, /abort/);
    }
  });

  it('ends a call by itself that takes too long, before and after the head of the answer, and its socket', async () => {
    const client = clientFor(apiserver, account.directory);
    for (const isAnswered of [false, true]) {
      apiserver.faults.push((_request, response) => {
        if (isAnswered) response.writeHead(200).write('{');
        return true;
      });
      const call = client.create('/things', {}, { signal, timeoutMs: 100 });
      await assert.rejects(call, /^Error: nothing more was heard within 100 ms$/);
      await eventually('no socket', 1_000, async () => apiserver.sockets.size === 0);
    }
    await client.list('/things', { limit: 1, signal });
  });
});

describe('the deadline of a call', () => {
  it('is the time after which no apiserver answers any more, or the one that the call names', async () => {
    const time = virtualTime();
    const aborted: string[] = [];
    const silent: Transport = ({ path, signal: inner }) =>
      new Promise(() => inner.addEventListener('abort', () => aborted.push(path)));
    const client = createClient(silent, { clock: time.clock() });
    const write = outcomeOf(client.create('/eviction', {}, { signal }));
    const watch = outcomeOf(
      client.watch('/watch', { resourceVersion: '1', timeoutSeconds: 590, timeoutMs: 600_000, signal }, () => {}),
    );
    await time.pass(34_000);
    assert.deepEqual([write.is, aborted], ['open', []]);
    await time.pass(1_000);
    assert.deepEqual([write.is, aborted], ['nothing more was heard within 35000 ms', ['/eviction']]);
    await time.pass(565_000);
    assert.equal(watch.is, 'nothing more was heard within 600000 ms');
    assert.equal(aborted.length, 2);
  });

  it('ends a body that does not end', async () => {
    const time = virtualTime();
    const body = new PassThrough();
    const client = createClient(async () => ({ status: 200, headers: {}, body }), { clock: time.clock() });
    const read = outcomeOf(client.get('/things', { signal }));
    body.write('{');
    await time.pass(35_000);
    assert.equal(read.is, 'nothing more was heard within 35000 ms');
  });

  it('leaves nothing behind on the signal of a call that was answered', async () => {
    const stop = new AbortController();
    const client = createClient(async () => answer(200, {}), { clock: virtualTime().clock() });
    for (let call = 0; call < 100; call += 1) await client.get('/', { signal: stop.signal });
    assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  });
});

describe('the client, where the apiserver is too busy for a write', () => {
  let apiserver: Apiserver;
  const account = serviceAccount('first');

  beforeEach(async () => {
    apiserver = await startApiserver();
    account.write('first');
  });
  afterEach(() => apiserver.stop());

  /** Writes once with these answers to come, and waits for no more than an answer needs to be read. */
  async function write(faults: readonly Fault[]) {
    apiserver.faults.push(...faults);
    const waited: number[] = [];
    const sleep = (ms: number, stop: AbortSignal): Promise<void> => {
      // The deadline of each try runs by the same clock.
      if (ms === 35_000) return systemClock.sleep(ms, stop);
      waited.push(ms);
      return systemClock.sleep(20, stop);
    };
    const client = clientFor(apiserver, account.directory, { clock: { ...systemClock, sleep } });
    const error: unknown = await client.create('/things', {}, { signal }).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    return { summary: error instanceof ApiError ? error.summary : error, waited };
  }

  it('writes again after as long as it is told, over the same socket, until it is taken', async () => {
    const { summary, waited } = await write([isBusy, isBusy, accepts]);
    assert.equal(summary, undefined);
    assert.equal(apiserver.calls.length, 3);
    assert.equal(apiserver.sockets.size, 1);
    assert.equal(waited.length, 2);
    for (const ms of waited) assert.ok(ms >= 2_000 && ms < 4_000, `${ms}`);
  });

  it('hands on at once what a handler decided', async () => {
    const { summary, waited } = await write([isRefused]);
    assert.equal(summary, '429, "Cannot evict pod"');
    assert.deepEqual(waited, []);
  });

  it('gives up after ten tries', async () => {
    const { summary } = await write(Array.from({ length: 10 }, () => isBusy));
    assert.equal(summary, '429, "Too many requests, please try again later."');
    assert.equal(apiserver.calls.length, 10);
  });

  it('stops waiting where the call is given up', async () => {
    const stopping = new AbortController();
    const andStops: Fault = (request, response, url) => {
      setTimeout(() => stopping.abort(), 50);
      return isBusy(request, response, url);
    };
    apiserver.faults.push(andStops);
    const client = clientFor(apiserver, account.directory);
    await assert.rejects(client.create('/things', {}, { signal: stopping.signal }));
    assert.equal(apiserver.calls.length, 1);
  });
});
