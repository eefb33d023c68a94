import assert from 'node:assert/strict';
import { skipReasons } from '../../src/inject/skip-reasons.ts';
import { createOverload } from '../../src/webhook/overload.ts';
import { eventually } from '../support/eventually.ts';
import { type RunningWebhook, patchOf, startWebhook } from '../support/webhook.ts';

/** Ticks at the end of turns that last so long, and says after each whether it is over, in a clock of its own. */
function run(behindMs: number, turnsMs: readonly number[]): boolean[] {
  let now = 0;
  const overload = createOverload(behindMs, now, () => {});
  return turnsMs.map((turnMs) => {
    now += turnMs;
    overload.tick(now);
    return overload.isOver(now);
  });
}

const onTime = 100;

describe('the server that is behind', () => {
  it('begins to turn reviews away at the second long turn in a row, since one may be a pause', () => {
    assert.deepEqual(run(500, [onTime, 700, onTime, 700, onTime, 599, 599]), Array(7).fill(false));
    assert.deepEqual(run(500, [onTime, 600, 600]), [false, false, true]);
  });

  it('turns them away in a single turn that lasts twice as long, while it lasts', () => {
    const overload = createOverload(500, 0, () => {});
    assert.deepEqual([overload.isOver(1_099), overload.isOver(1_100)], [false, true]);
    overload.tick(1_200);
    assert.equal(overload.isOver(1_200), false);
  });

  it('goes on turning them away until a whole second was calm', () => {
    const calm = Array<number>(10).fill(onTime);
    assert.equal(run(500, [600, 600, ...calm.slice(1)]).at(-1), true);
    assert.equal(run(500, [600, 600, ...calm]).at(-1), false);
    assert.equal(run(500, [600, 600, ...calm.slice(1), 350, ...calm.slice(1)]).at(-1), true);
  });

  it('says once when it begins, and once when it ends', () => {
    const said: boolean[] = [];
    const overload = createOverload(500, 0, (isOver) => said.push(isOver));
    for (let now = 0; now <= 6_000; now += 600) overload.tick(now);
    for (let now = 6_100; now <= 9_000; now += 100) overload.tick(now);
    assert.deepEqual(said, [true, false]);
  });

  it('never turns a review away where the limit is 0', () => {
    assert.deepEqual(run(0, [10_000, 10_000, 10_000]), [false, false, false]);
  });

  describe('over HTTPS', () => {
    let webhook: RunningWebhook;
    let count = 0;
    before(async () => {
      webhook = await startWebhook({}, undefined, { behindMs: 100 });
    });
    after(() => webhook.stop());

    /** A review of a Pod that is like no other, as the apiserver writes it. */
    const ask = async () => {
      const review = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request: asked(`app:${count++}`) };
      const { body } = await webhook.send('POST', '/mutate', JSON.stringify(review), json);
      return JSON.parse(body).response;
    };

    it('admits what it cannot answer in time unchanged and says so, and answers in full when it is calm again', async () => {
      assert.equal(patchOf(await ask()).length, 3);
      const blocking = setInterval(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400), 1);
      const turnedAway = await eventually('a review that is turned away', 8_000, async () => {
        const response = await ask();
        return response.patch === undefined && response;
      }).finally(() => clearInterval(blocking));
      assert.deepEqual(turnedAway, {
        uid: asked('').uid,
        allowed: true,
        warnings: [`health-injector: ${skipReasons.overloaded}`],
      });
      await eventually('an answer in full', 8_000, async () => patchOf(await ask()).length === 3);
      const { body } = await webhook.send('GET', '/metrics');
      assert.match(body, /^health_injector_reviews_total\{result="overloaded"\} [1-9]/m);
      assert.match(body, /^health_injector_overloaded 0$/m);
    }).timeout(20_000);
  });
});

const json = { 'content-type': 'application/json' };

const asked = (image: string) => ({
  uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  namespace: 'shop',
  operation: 'CREATE',
  object: {
    metadata: { annotations: { 'health.example.com/pattern': 'port', 'health.example.com/port': '8080' } },
    spec: { containers: [{ name: 'app', image }] },
  },
});
