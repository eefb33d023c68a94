import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatQuantity, parseQuantity } from '../../../src/inject/fit/quantity.ts';

describe('a quantity', () => {
  const cases: readonly (readonly [unknown, bigint | undefined])[] = [
    ['1', 1_000_000_000n],
    [1, 1_000_000_000n],
    [0.5, 500_000_000n],
    ['100m', 100_000_000n],
    ['.5', 500_000_000n],
    ['5.', 5_000_000_000n],
    ['+1', 1_000_000_000n],
    ['-1', -1_000_000_000n],
    ['1n', 1n],
    ['1u', 1_000n],
    // The apiserver rounds up what is finer than a billionth.
    ['0.1n', 1n],
    ['1k', 1_000_000_000_000n],
    ['1Ki', 1_024_000_000_000n],
    ['1.5Gi', 1_610_612_736_000_000_000n],
    ['1e3', 1_000_000_000_000n],
    ['1E-3', 1_000_000n],
    ['1E', 1_000_000_000_000_000_000_000_000_000n],
    ['12Ei', 13_835_058_055_282_163_712_000_000_000n],
    ['', undefined],
    ['.', undefined],
    ['Mi', undefined],
    ['1KI', undefined],
    ['1 Mi', undefined],
    ['0x10', undefined],
    ['1e', undefined],
    ['1'.repeat(65), undefined],
    [null, undefined],
    [{}, undefined],
    [Number.NaN, undefined],
  ];
  for (const [text, amount] of cases) {
    it(`${JSON.stringify(text)} is ${amount ?? 'none'}`, () => assert.equal(parseQuantity(text), amount));
  }

  it('that is written is read as the same amount', () => {
    const amounts = fc.bigInt({ min: 0n, max: 1n << 60n });
    fc.assert(
      fc.property(amounts, (count) => {
        assert.equal(parseQuantity(formatQuantity('cpu', count * 1_000_000n)), count * 1_000_000n);
        assert.equal(parseQuantity(formatQuantity('memory', count * 1_000_000_000n)), count * 1_000_000_000n);
      }),
    );
  });

  it('is written in the largest unit that holds it', () => {
    const written = ['1500m', '2', '1Gi', '1536Mi', '1500', '1025Ki'].map((text, index) =>
      formatQuantity(index < 2 ? 'cpu' : 'memory', parseQuantity(text) ?? 0n),
    );
    assert.deepEqual(written, ['1500m', '2', '1Gi', '1536Mi', '1500', '1025Ki']);
  });
});
