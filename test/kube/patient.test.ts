import assert from 'node:assert/strict';
import { systemClock } from '../../src/kube/clock.ts';
import { messageOf, readAnswer } from '../../src/kube/read-answer.ts';
import { patient } from '../../src/kube/patient.ts';
import { type Apiserver, type Fault, refuse, startApiserver } from './support/apiserver.ts';
import { connectionTo, serviceAccount } from './support/follower.ts';

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

describe('a patient connection', () => {
  let apiserver: Apiserver;
  const account = serviceAccount('first');
  const { signal } = new AbortController();

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
      waited.push(ms);
      return systemClock.sleep(20, stop);
    };
    const connection = patient(connectionTo(apiserver, account.directory), { ...systemClock, sleep });
    const answer = await readAnswer(await connection.send('POST', '/things', {}, { signal }), 10_000);
    return { answer, waited };
  }

  it('writes again after as long as it is told, over the same socket, until it is taken', async () => {
    const { answer, waited } = await write([isBusy, isBusy, accepts]);
    assert.equal(answer.status, 201);
    assert.equal(apiserver.calls.length, 3);
    assert.equal(apiserver.sockets.size, 1);
    assert.equal(waited.length, 2);
    for (const ms of waited) assert.ok(ms >= 2_000 && ms < 4_000, `${ms}`);
  });

  it('hands on what somebody decided at once', async () => {
    const { answer, waited } = await write([isRefused]);
    assert.equal(messageOf(answer), '429, "Cannot evict pod"');
    assert.deepEqual(waited, []);
  });

  it('gives up after ten tries', async () => {
    const { answer } = await write(Array.from({ length: 10 }, () => isBusy));
    assert.equal(messageOf(answer), '429, "Too many requests, please try again later."');
    assert.equal(apiserver.calls.length, 10);
  });

  it('stops waiting where the call is given up', async () => {
    const stopping = new AbortController();
    const andStops: Fault = (request, response, url) => {
      setTimeout(() => stopping.abort(), 50);
      return isBusy(request, response, url);
    };
    apiserver.faults.push(andStops);
    const connection = patient(connectionTo(apiserver, account.directory));
    await assert.rejects(connection.send('POST', '/things', {}, { signal: stopping.signal }));
    assert.equal(apiserver.calls.length, 1);
  });
});
