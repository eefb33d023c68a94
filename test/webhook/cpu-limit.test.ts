import assert from 'node:assert/strict';
import { endedByLimit, limitCpu } from '../../src/webhook/cpu-limit.ts';
import { defaultLimits } from '../../src/webhook/limits.ts';
import { type RunningWebhook, patchOf, startWebhook, testContext } from '../support/webhook.ts';

const forever = (): never => {
  for (;;);
};

const backtrack = (): boolean => /^(a+)+$/.test(`${'a'.repeat(50)}b`);

const pod = (fillerCharacters: number) => ({
  metadata: { annotations: { 'health.example.com/pattern': 'port', 'health.example.com/port': '8080' } },
  spec: { containers: [{ name: 'app', image: 'app:1', args: ['x'.repeat(fillerCharacters)] }] },
});

/** What a step of the review does besides its work. */
let parse: () => void = () => undefined;
const parseCheck: typeof testContext.parseCheck = (...given) => {
  parse();
  return testContext.parseCheck(...given);
};

describe('the limit of CPU', () => {
  it('gives what the work gives, and throws what it throws', () => {
    assert.equal(
      limitCpu(200, () => 7),
      7,
    );
    assert.throws(
      () =>
        limitCpu(200, () => {
          throw new RangeError('of the work');
        }),
      { name: 'RangeError', message: 'of the work' },
    );
  });

  it('ends a loop, and a regular expression that goes back for ever', () => {
    assert.equal(limitCpu(20, forever), endedByLimit);
    assert.equal(limitCpu(20, backtrack), endedByLimit);
  });

  it('begins anew work that had to wait for a CPU', () => {
    let calls = 0;
    const wait = (): number => {
      calls += 1;
      // It sleeps for longer than the limit, and takes no CPU.
      if (calls === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
      for (let turn = 0; turn < 1_000; turn += 1) Math.sqrt(turn);
      return calls;
    };
    assert.equal(limitCpu(200, wait), 2);
  });

  it('leaves nothing behind in the program', () => {
    const before = Reflect.ownKeys(globalThis);
    limitCpu(200, () => 7);
    limitCpu(20, forever);
    assert.deepEqual(Reflect.ownKeys(globalThis), before);
  });
});

describe('a review that costs too much', () => {
  const { limitedFromCharacters } = defaultLimits;
  let webhook: RunningWebhook;
  before(async () => {
    webhook = await startWebhook({ parseCheck }, undefined, { limits: { reviewCpuMs: 50 } });
  });
  after(() => webhook.stop());

  it('admits the object unchanged, says why, is counted, and the next review is answered', async () => {
    parse = forever;
    const response = await webhook.review(pod(limitedFromCharacters));
    assert.deepEqual(
      { ...response, uid: '' },
      {
        uid: '',
        allowed: true,
        warnings: [
          'health-injector: The review took more CPU than health-injector spends on one, and no probes were added.',
        ],
        auditAnnotations: { reason: 'too-costly', version: testContext.version },
      },
    );
    parse = () => undefined;
    assert.equal(patchOf(await webhook.review(pod(limitedFromCharacters))).length, 3);
    const { body } = await webhook.send('GET', '/metrics');
    assert.match(body, /^health_injector_reviews_total\{result="too-costly"\} 1$/m);
  });
});
