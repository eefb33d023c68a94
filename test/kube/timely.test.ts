import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { Connection } from '../../src/kube/connection.ts';
import { readAnswer } from '../../src/kube/read-answer.ts';
import { timely } from '../../src/kube/timely.ts';
import { answer } from './support/answer.ts';
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

describe('a timely connection', () => {
  it('gives a call up, and aborts it, once no apiserver answers it any more', async () => {
    const time = virtualTime();
    const aborted: string[] = [];
    const silent: Connection = {
      get: (path, call) => new Promise(() => call.signal.addEventListener('abort', () => aborted.push(path))),
      send: (_method, path, _body, call) => silent.get(path, call),
    };
    const connection = timely(silent, time.clock());
    const write = outcomeOf(connection.send('POST', '/eviction', {}, { signal }));
    const read = outcomeOf(connection.get('/watch', { signal, limitMs: 600_000 }));
    await time.pass(34_000);
    assert.deepEqual([write.is, aborted], ['open', []]);
    await time.pass(1_000);
    assert.deepEqual([write.is, aborted], ['nothing more was heard within 35000 ms', ['/eviction']]);
    await time.pass(565_000);
    assert.deepEqual([read.is, aborted], ['nothing more was heard within 600000 ms', ['/eviction', '/watch']]);
  });

  it('gives up a body that does not end', async () => {
    const time = virtualTime();
    const body = new PassThrough();
    const connection = timely(
      { get: async () => ({ status: 200, headers: {}, body }), send: assert.fail },
      time.clock(),
    );
    const read = outcomeOf(readAnswer(await connection.get('/things', { signal }), 100));
    body.write('{');
    await time.pass(35_000);
    assert.equal(read.is, 'nothing more was heard within 35000 ms');
  });

  it('gives up a body that nobody reads, and no process with it', async () => {
    const time = virtualTime();
    const body = new PassThrough();
    const connection = timely(
      { get: async () => ({ status: 429, headers: {}, body }), send: assert.fail },
      time.clock(),
    );
    await connection.get('/things', { signal });
    await time.pass(35_000);
    assert(body.destroyed);
  });

  it('leaves nothing behind of a call that was answered', async () => {
    const time = virtualTime();
    const stop = new AbortController();
    let listeners = 0;
    const { addEventListener } = stop.signal;
    stop.signal.addEventListener = (...args: Parameters<typeof addEventListener>): void => {
      listeners += 1;
      const [, , options] = args;
      (options as { readonly signal?: AbortSignal }).signal?.addEventListener('abort', () => (listeners -= 1));
      addEventListener.apply(stop.signal, args);
    };
    const connection = timely({ get: async () => answer(200, {}), send: assert.fail }, time.clock());
    for (let call = 0; call < 100; call += 1) await readAnswer(await connection.get('/', { signal: stop.signal }), 100);
    await time.pass(0);
    assert.equal(listeners, 0);
  });
});
