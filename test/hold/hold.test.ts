import { equal, deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { type Hold, formatHold, holdInForce, holdReasons, longestHoldText, parseHold } from '../../src/hold/hold.ts';

const time = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => Math.floor(date.getTime() / 1_000) * 1_000);

const holds: fc.Arbitrary<Hold> = fc.record(
  {
    livenessUntilMs: time,
    readinessUntilMs: time,
    reason: fc.constantFrom(...holdReasons),
    source: fc.stringMatching(/^[0-9hms]{1,27}$/),
  },
  { requiredKeys: ['livenessUntilMs', 'reason'], noNullPrototype: true },
);

describe('the annotation hold', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(holds, (hold) => {
        const text = formatHold(hold);
        deepEqual(parseHold(text), hold);
        equal(text.length <= longestHoldText, true);
      }),
    );
  });

  it('is a line that a person can read', () => {
    const livenessUntilMs = Date.parse('2026-11-30T18:00:00Z');
    const hold: Hold = { livenessUntilMs, readinessUntilMs: livenessUntilMs, reason: 'pause', source: '15m' };
    equal(formatHold(hold), 'liveness=2026-11-30T18:00:00Z readiness=2026-11-30T18:00:00Z reason=pause for=15m');
  });

  it('passes over the words of a newer controller', () => {
    const text = 'later=1 liveness=2026-11-30T18:00:00Z reason=restart-budget';
    equal(parseHold(text)?.reason, 'restart-budget');
  });

  for (const text of [
    '',
    'liveness=2026-11-30T18:00:00Z',
    'reason=pause',
    'liveness=tomorrow reason=pause',
    'liveness=2026-11-31T18:00:00Z reason=pause',
    'liveness=2026-11-30T18:00:00.000Z reason=pause',
    'liveness=2026-11-30T18:00:00+01:00 reason=pause',
    'liveness=2026-11-30T18:00:00Z reason=whim',
    'liveness=2026-11-30T18:00:00Z readiness=now reason=pause',
    'liveness=2026-11-30T18:00:00Z liveness=2026-11-30T18:00:00Z reason=pause',
    'liveness=2026-11-30T18:00:00Z  reason=pause',
    `liveness=2026-11-30T18:00:00Z reason=pause for=${'1'.repeat(longestHoldText)}`,
  ]) {
    it(`is none where it says "${text.slice(0, 80)}"`, () => equal(parseHold(text), undefined));
  }

  it('is in force until its time', () => {
    const livenessUntilMs = Date.parse('2026-11-30T18:00:00Z');
    const annotations = { 'example.com/hold': formatHold({ livenessUntilMs, reason: 'pause' }) };
    equal(holdInForce(annotations, 'example.com/', livenessUntilMs - 1)?.reason, 'pause');
    equal(holdInForce(annotations, 'example.com/', livenessUntilMs), undefined);
    equal(holdInForce(undefined, 'example.com/', 0), undefined);
  });
});
