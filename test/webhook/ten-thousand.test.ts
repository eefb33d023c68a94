import assert from 'node:assert/strict';
import { connect } from 'node:tls';
import { eventually } from '../support/eventually.ts';
import { mutateHead } from '../support/raw-call.ts';
import {
  type Body,
  damaged,
  good,
  prototypes,
  strangeTexts,
  truncated,
  wrongShapes,
} from './support/hostile-bodies.ts';
import { type Call, slow, withoutTls, wrongFrames, wrongHeads, wrongPlaces } from './support/hostile-wire.ts';
import { type WebhookProcess, startProcess } from './support/webhook-process.ts';
import { answersOf, talk } from './support/wire.ts';

const goodText = JSON.stringify(good);
/** How much goes over one connection without waiting; of much more Node loses its place, and hangs up. */
const mostCalls = 16;
const mostBytes = 48_000;
const atOnce = 32;

describe('ten thousand malformed and hostile calls', () => {
  let webhook: WebhookProcess;
  let sent = 0;
  let goodAnswer: string;
  let descriptors = 0;
  const codes = new Map<number, number>();

  before(async () => {
    webhook = await startProcess();
    goodAnswer = (await webhook.send('POST', '/mutate', goodText)).body;
    assert.equal(typeof JSON.parse(goodAnswer).response.patch, 'string');
    descriptors = webhook.descriptors();
  });
  afterEach('the next good review is answered as ever, and nothing is left', async () => {
    assert.equal(webhook.ended(), null);
    assert.deepEqual(await webhook.send('POST', '/mutate', goodText), { code: 200, body: goodAnswer });
    await eventually('no descriptor more', 5_000, async () => webhook.descriptors() <= descriptors);
    const { body } = await webhook.send('GET', '/metrics');
    assert.match(body, /^health_injector_requests_in_flight 0$/m);
  });
  after('the process was never disturbed', async () => {
    const { code, out, errors } = await webhook.stop();
    assert.deepEqual({ code, errors }, { code: 0, errors: '' });
    // A shape that no apiserver sends may be answered by the net below all, which admits it unchanged; nothing falls through.
    const lines = out.split('\n').filter((line) => /"level":[56]0/.test(line));
    assert.deepEqual(
      lines.filter((line) => !line.includes('"msg":"review failed, the object is admitted unchanged"')),
      [],
    );
  });

  /** Holds an answer to a refusal, or to a review that admits. */
  function judge(name: string, { code, body }: { code: number; body: string }): void {
    codes.set(code, (codes.get(code) ?? 0) + 1);
    assert(code >= 200 && code < 500, `${code} to ${name}: ${body.slice(0, 200)}`);
    if (code !== 200 || !body.startsWith('{')) return;
    const { kind, response } = JSON.parse(body);
    assert.equal(kind, 'AdmissionReview', name);
    assert.equal(response.allowed, true, name);
  }

  /** Bodies in proper frames, on kept connections: each gets its answer, in its turn, and the good review after them its own. */
  async function refuse(bodies: readonly Body[]): Promise<void> {
    sent += bodies.length;
    await inTurns(batchesOf(bodies), async (batch) => {
      const calls = batch.flatMap(({ bytes }) => [Buffer.from(mutateHead(`Content-Length: ${bytes.length}`)), bytes]);
      const last = Buffer.from(mutateHead(`Content-Length: ${goodText.length}`, 'Connection: close') + goodText);
      const answers = answersOf(await talk(webhook.connection, Buffer.concat([...calls, last]), { isAwaited: true }));
      for (const [index, { name }] of batch.entries()) {
        assert(answers[index], `no answer to ${name}`);
        judge(name, answers[index]);
      }
      assert.deepEqual(answers.slice(batch.length), [{ code: 200, body: goodAnswer }], batch.at(-1)?.name);
    });
  }

  /** Bytes on connections of their own, which need no answer, but a server that hangs up. */
  async function survive(calls: readonly Call[]): Promise<void> {
    sent += calls.length;
    await inTurns(calls, async ({ name, bytes, ...manner }) => {
      const said = await talk(webhook.connection, bytes, manner).catch((error: Error) => {
        throw new Error(`${name}: ${error.message}`, { cause: error });
      });
      if (!manner.isPlain) for (const answer of answersOf(said)) judge(name, answer);
    });
  }

  it('with each field of a review of each type', () => refuse(wrongShapes()));
  it('with the names of prototypes for keys', () => refuse(prototypes()));
  it('with a review that ends early', () => refuse(truncated()));
  it('with a review that has other bytes in it', () => refuse(damaged(Buffer.from(goodText), 2_000, 5)));
  it('with texts that are no JSON, deep, long or no UTF-8', () => refuse(strangeTexts()));
  it('with a wrong method or path', () => survive(wrongPlaces()));
  it('with a head that is wrong', () => survive(wrongHeads()));
  it('with a body in a wrong frame', () => survive(wrongFrames()));
  it('without TLS', () => survive(withoutTls()));
  it('slowly', () => survive(slow()));

  it('with a TLS that we do not speak, and clients that go away in the middle', async () => {
    const gone = [
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      { ALPNProtocols: ['h2'] },
      { servername: 'other' },
      { ca: [] },
    ] as const;
    await inTurns(Array.from({ length: 200 }), async (_, index) => {
      sent++;
      const socket = connect({ ...webhook.connection, ...gone[index % gone.length] } as object);
      socket.on('error', () => {});
      socket.on('secureConnect', () => {
        socket.write(mutateHead('Content-Length: 100').slice(0, index), () => socket.destroy());
      });
      await new Promise((resolve) => socket.on('close', resolve));
    });
  });

  it('were ten thousand', () => {
    assert(sent >= 10_000, `${sent} calls`);
    for (const code of [200, 400, 404, 405, 413, 415, 431]) {
      assert(codes.has(code), `none was answered with ${code}: ${JSON.stringify([...codes])}`);
    }
  });
});

/** Bodies that go over one connection together. */
function batchesOf(bodies: readonly Body[]): Body[][] {
  const batches: Body[][] = [];
  let left = 0;
  for (const each of bodies) {
    left -= each.bytes.length;
    const batch = batches.at(-1);
    if (batch && left >= 0 && batch.length < mostCalls) batch.push(each);
    else {
      batches.push([each]);
      left = mostBytes - each.bytes.length;
    }
  }
  return batches;
}

/** Does it for each, some at once. */
async function inTurns<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) await work(item, index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
