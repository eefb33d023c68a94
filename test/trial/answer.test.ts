import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mostAnswerBytes, readTrialAnswer } from '../../src/trial/answer.ts';
import { measure } from '../../src/trial/measured.ts';
import { sumOfPod } from '../../src/trial/sums.ts';
import { trialBody } from './support/answers.ts';
import { anyText } from '../support/any-text.ts';

const containerOf = (container: object) => readTrialAnswer(trialBody(container))?.containers[0];

describe('the answer of an agent on trial', () => {
  it('is read as docs/probe.md has it', () => {
    const answer = readTrialAnswer(trialBody());
    assert.equal(answer?.sinceSeconds, 3_600);
    const [container] = answer.containers;
    assert.deepEqual(
      [container?.restarts, container?.lastRestart, container?.unreadySeconds, container?.starts, container?.unproven],
      [2, { secondsAgo: 71, check: 'redis', reason: 'timed out after 1s' }, 31, [74.1, 61], ['redis']],
    );
    assert.deepEqual(
      [container?.checks[0]?.runs, container?.checks[0]?.longestFailureRun, container?.checks[0]?.buckets.length],
      [1_000, 3, 6],
    );
  });

  it('may lack what no check is for', () => {
    const body = trialBody({ liveness: undefined, readiness: undefined, unproven: undefined });
    const [container] = readTrialAnswer(body)?.containers ?? [];
    assert.deepEqual(
      [container?.restarts, container?.isReady, container?.unreadySeconds, container?.unproven],
      [0, undefined, 0, []],
    );
  });

  it('is none where it has another version or shape, or is too long', () => {
    const none = ['', 'ok', 'null', '[]', '{}', trialBody({}, { version: 2 }), trialBody({}, { sinceSeconds: '1' })];
    for (const body of [...none, trialBody({}, { containers: {} }), trialBody({ more: 'x'.repeat(mostAnswerBytes) })]) {
      assert.equal(readTrialAnswer(body), undefined, body.slice(0, 80));
    }
  });

  it('lacks what is misshapen in it', () => {
    assert.equal(containerOf({ container: 1 }), undefined);
    const odd = containerOf({
      liveness: { restarts: -1, lastRestartSecondsAgo: 1, check: 'a' },
      startup: { failures: 1.5, starts: [1, '2', null, -3] },
      unproven: [1, 'a\u001b[31m\u202e"b"'],
      checks: [
        null,
        { check: 'a' },
        {
          check: 'b',
          runs: 3,
          failures: 9,
          maxSeconds: 1,
          buckets: [
            [2, 1],
            [1, 2],
            [3, 9],
          ],
        },
      ],
    });
    assert.deepEqual(
      [odd?.restarts, odd?.lastRestart, odd?.startFailures, odd?.starts, odd?.unproven],
      [0, undefined, 1, [1], ['a [31m "b"']],
    );
    assert.deepEqual(odd?.checks, [
      { check: 'b', probes: [], runs: 3, failures: 3, maxSeconds: 1, buckets: [[2, 1]], longestFailureRun: 0 },
    ]);
  });

  it('is bounded, whatever it says, and no sum of it is beyond what its Pod can have lived', () => {
    const nowMs = 1_000_000_000;
    const numbers = fc.oneof(fc.double(), fc.constantFrom(1e308, 2 ** 40, -1, 0.5), fc.integer());
    const texts = fc.oneof(anyText, fc.constant('"\u202e\n'.repeat(99)));
    const incident = { lastRestartSecondsAgo: numbers, lastFailureSecondsAgo: numbers, check: texts, reason: texts };
    const container = fc.record({
      container: texts,
      liveness: fc.record({ restarts: numbers, ...incident }),
      readiness: fc.record({
        ready: fc.boolean(),
        unreadySeconds: numbers,
        unreadyAtStartSeconds: numbers,
        ...incident,
      }),
      startup: fc.record({ failures: numbers, starts: fc.array(fc.oneof(numbers, texts)), ...incident }),
      unproven: fc.oneof(fc.array(texts), fc.anything()),
      checks: fc.array(
        fc.record({ check: texts, runs: numbers, failures: numbers, maxSeconds: numbers, buckets: fc.anything() }),
      ),
    });
    const answers = fc.record({
      version: fc.constant(1),
      sinceSeconds: numbers,
      containers: fc.array(fc.oneof(container, fc.anything())),
    });
    fc.assert(
      fc.property(answers, (value) => {
        const answer = readTrialAnswer(JSON.stringify(value) ?? '');
        if (!answer) return;
        const sum = sumOfPod([answer], { nowMs, createdMs: nowMs - 60_000 }, undefined);
        assert(sum.restarts <= 60 && Number.isInteger(sum.restarts) && sum.unreadySeconds <= 60);
        assert(sum.lastRestart.length < 600 && !/[\p{C}\u2028]/u.test(sum.lastRestart));
        assert((sum.lastRestartMs ?? nowMs) >= nowMs - 60_000 && (sum.lastRestartMs ?? nowMs) <= nowMs);
        for (const each of measure([answer])) assert(Number.isFinite(each.unreadySeconds) && each.restarts >= 0);
      }),
      { numRuns: 40 },
    );
  });
});
