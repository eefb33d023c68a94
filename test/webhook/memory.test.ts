import assert from 'node:assert/strict';
import { type TLSSocket, connect } from 'node:tls';
import { createBodyMemory } from '../../src/webhook/body.ts';
import { eventually } from '../support/eventually.ts';
import { mutateHead, rawCall } from '../support/raw-call.ts';
import { type RunningWebhook, patchOf, reviewOf, startWebhook } from '../support/webhook.ts';
import { startProcess } from './support/webhook-process.ts';

const pod = {
  metadata: { annotations: { 'health.example.com/pattern': 'port', 'health.example.com/port': '8080' } },
  spec: { containers: [{ name: 'app', image: 'app:1' }] },
};
const mebibyte = 1024 * 1024;

describe('the memory of all bodies', () => {
  const kibibyte = 1024;

  it('refuses what would be more than there is, whoever asks, and reserves nothing of it', () => {
    const memory = createBodyMemory(64 * kibibyte);
    assert.equal(memory.reserve(40 * kibibyte, 0), true);
    assert.equal(memory.reserve(24 * kibibyte + 1, 0), false);
    assert.equal(memory.reserve(24 * kibibyte, 0), true);
    assert.equal(memory.reserve(1, 0), false);
  });

  it('can be reserved again once it is released', () => {
    const memory = createBodyMemory(64 * kibibyte);
    assert.equal(memory.reserve(64 * kibibyte, 0), true);
    memory.release(64 * kibibyte);
    assert.equal(memory.reserve(64 * kibibyte, 0), true);
  });

  it('keeps an eighth for small bodies, which large ones cannot take, in one step or in many', () => {
    const memory = createBodyMemory(800 * kibibyte);
    assert.equal(memory.reserve(700 * kibibyte + 1, 0), false);
    let held = 0;
    while (memory.reserve(kibibyte, held)) held += kibibyte;
    assert.equal(held, 700 * kibibyte);
    assert.equal(memory.reserve(60 * kibibyte, 0), true);
    assert.equal(memory.reserve(5 * kibibyte, 60 * kibibyte), false);
  });

  describe('over HTTPS', () => {
    let webhook: RunningWebhook;
    beforeEach(async () => {
      webhook = await startWebhook({}, undefined, { limits: { bodiesBytes: (8 / 7) * mebibyte } });
    });
    afterEach('small and large reviews are answered again', async () => {
      assert.equal(patchOf(await webhook.review(pod)).length, 3);
      assert.equal(patchOf(await webhook.review(largePod)).length, 3);
      await webhook.stop();
    });
    const largePod = {
      ...pod,
      spec: { containers: [{ name: 'app', env: [{ name: 'A', value: 'x'.repeat(900_000) }] }] },
    };

    /** A client that sends so much of a body of 2 MiB, and waits. */
    const hold = (bytes: number): { readonly socket: TLSSocket; readonly said: () => string } => {
      let said = '';
      const socket = connect(webhook.connection, () => {
        socket.write(mutateHead(`Content-Length: ${2 * mebibyte}`));
        socket.write('x'.repeat(bytes));
      });
      socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
      socket.on('error', () => {});
      return { socket, said: () => said };
    };

    it('refuses the large body that does not fit with 503 and one sentence, and answers small reviews in the meantime', async () => {
      const held = [hold(300_000), hold(600_000)];
      await eventually('they are held', 5_000, async () => held.every(({ socket }) => socket.bytesWritten > 300_000));
      let refused = hold(200_000);
      // What is on its way when the third begins may come after it.
      await eventually('a refusal', 5_000, async () => {
        if (refused.said() !== '') return true;
        if (held.every(({ said }) => said() === '')) return false;
        refused = held.find(({ said }) => said() !== '') ?? refused;
        return true;
      });
      for (let count = 0; count < 50; count++) assert.equal(patchOf(await webhook.review(pod)).length, 3);
      assert.match(refused.said(), /^HTTP\/1.1 503 [^]*\r\nconnection: close\r\n[^]*\r\n\r\n[^]*[A-Z][^\n]*\.\n/i);
      const { body } = await webhook.send('GET', '/metrics');
      assert.match(body, /^health_injector_refused_requests_total\{code="503"\} 1$/m);
      for (const { socket } of held) socket.destroy();
      refused.socket.destroy();
    });

    it('counts a body in pieces of a byte for what they take', async () => {
      const pieces = '1\r\nx\r\n'.repeat(4_000);
      assert.match(
        await rawCall(webhook.connection, mutateHead('Transfer-Encoding: chunked'), pieces),
        /^HTTP\/1.1 503 /,
      );
    });
  });
});

describe('a body that would take far more memory than its text', () => {
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook();
  });
  after(() => webhook.stop());
  const answer = async (text: string): Promise<string> => {
    const { code, body } = await webhook.send('POST', '/mutate', text, { 'content-type': 'application/json' });
    return `${code} ${body}`;
  };

  it('is refused for its parts', async () => {
    for (const part of ['[]', '{}', '0']) {
      const text = `[${Array<string>(250_000).fill(part).join()}]`;
      assert.match(await answer(text), /^413 The body has more than 200000 objects, lists and entries of both\.\n$/);
    }
  });

  it('is refused for its depth', async () => {
    assert.match(await answer('['.repeat(300_000)), /^413 The body is more than 100 objects and lists deep\.\n$/);
  });

  it('is not mistaken for what only a text inside of it says', async () => {
    const value = `\\"${'{[,'.repeat(500_000)}`;
    const response = await webhook.review({
      ...pod,
      spec: { containers: [{ name: 'app', env: [{ name: 'A', value }] }] },
    });
    assert.equal(patchOf(response).length, 3);
  });

  it('is not mistaken for the largest objects of a cluster', async () => {
    const env = Array.from({ length: 30_000 }, (_, index) => ({ name: `NAME_${index}`, value: `value ${index}` }));
    const object = { ...pod, spec: { containers: [{ name: 'app', env }] } };
    const size = JSON.stringify(object).length;
    assert(size > 1.2 * mebibyte, `${size}`);
    assert.equal(patchOf(await webhook.review(object, { oldObject: object })).length, 3);
  });
});

describe('a webhook that is sent more than it can hold', () => {
  it('grows by far less than what it is sent, and answers the next review', async () => {
    const webhook = await startProcess();
    const { now: idle } = webhook.memoryMiB();
    const body = Buffer.alloc(7 * mebibyte - 1, 'x');
    const sockets = Array.from({ length: 40 }, () => {
      const socket = connect(webhook.connection, () => {
        socket.write(mutateHead(`Content-Length: ${7 * mebibyte}`));
        socket.write(body);
      });
      socket.on('error', () => {});
      return socket.resume();
    });
    await eventually(
      'all but two are refused',
      20_000,
      async () => sockets.filter(({ destroyed }) => destroyed).length >= 38,
    );
    const { most } = webhook.memoryMiB();
    for (const socket of sockets) socket.destroy();
    assert.equal((await webhook.send('POST', '/mutate', JSON.stringify(reviewOf(pod)))).code, 200);
    assert.deepEqual((await webhook.stop()).code, 0);
    // 16 MiB that are held, and 64 that Node lets go to waste; without a limit it was 300.
    assert(most - idle < 150, `from ${idle} to ${most} MiB`);
  });
});
