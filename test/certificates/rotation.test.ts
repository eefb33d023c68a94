import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type CertificateState,
  type RotationPlan,
  type Validity,
  authorityDays,
  leafDays,
  planRotation,
  skewMs,
} from '../../src/certificates/rotation.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const born = Date.UTC(2026, 0, 1);

/** Valid for so many days from so many days after the start, as the issuer has it. */
const issued = (day: number, days: number): Validity => ({
  notBeforeMs: born + day * dayMs - skewMs,
  notAfterMs: born + (day + days) * dayMs,
});
const ca = (day: number): Validity => issued(day, authorityDays);
const leaf = (day: number): Validity => issued(day, leafDays);

describe('what to do with the certificate', () => {
  const rows: Record<
    string,
    [held: Partial<CertificateState>, day: number, expected: Omit<RotationPlan, 'reason'>, reason: RegExp]
  > = {
    'nothing is there': [{}, 0, { action: 'new-authority', kept: 0 }, /^no CA with its key is there$/],
    'all is young': [{ authorities: [ca(0)], leaf: leaf(0) }, 4, { action: 'keep', kept: 1 }, /^$/],
    'a leaf is at two thirds': [
      { authorities: [ca(0)], leaf: leaf(0) },
      4.7,
      { action: 'new-leaf', kept: 1 },
      /two thirds/,
    ],
    'a leaf has run out': [{ authorities: [ca(0)], leaf: leaf(0) }, 8, { action: 'new-leaf', kept: 1 }, /has run out$/],
    'a leaf is not valid yet': [
      { authorities: [ca(0)], leaf: leaf(9) },
      5,
      { action: 'new-leaf', kept: 1 },
      /not valid yet/,
    ],
    'a leaf is of another CA': [
      { authorities: [ca(0)], leaf: undefined },
      5,
      { action: 'new-leaf', kept: 1 },
      /for our names/,
    ],
    'a CA is at two thirds': [
      { authorities: [ca(0)], leaf: leaf(240) },
      244,
      { action: 'new-authority', kept: 1 },
      /two thirds/,
    ],
    'a CA has run out': [
      { authorities: [ca(0)], leaf: leaf(0) },
      400,
      { action: 'new-authority', kept: 1 },
      /CA has run out$/,
    ],
    'a CA is not valid yet': [
      { authorities: [ca(300)], leaf: leaf(300) },
      0,
      { action: 'new-authority', kept: 1 },
      /not valid yet/,
    ],
    'a CA has lost its key': [
      { authorities: [ca(0)], leaf: leaf(0), canSign: false },
      1,
      { action: 'new-authority', kept: 1 },
      /key/,
    ],
    'an old CA may have leaves': [
      { authorities: [ca(244), ca(0)], leaf: leaf(248) },
      250,
      { action: 'keep', kept: 2 },
      /^$/,
    ],
    'an old CA has none any more': [
      { authorities: [ca(244), ca(0)], leaf: leaf(248) },
      251,
      { action: 'drop-authorities', kept: 1 },
      /old CA has run out$/,
    ],
    'a leaf is due as the old CA goes': [
      { authorities: [ca(244), ca(0)], leaf: leaf(244) },
      251,
      { action: 'new-leaf', kept: 1 },
      /certificate has run out$/,
    ],
    'a CA of a clock that was ahead does not age the one before': [
      { authorities: [ca(10), ca(300), ca(0)], leaf: leaf(10) },
      12,
      { action: 'keep', kept: 3 },
      /^$/,
    ],
  };
  for (const [name, [held, day, { action, kept }, reason]] of Object.entries(rows)) {
    it(`${name}: ${action}`, () => {
      const decided = planRotation(
        { authorities: [], canSign: held.authorities !== undefined, leaf: undefined, ...held },
        born + day * dayMs,
      );
      assert.deepEqual({ action: decided.action, kept: decided.kept }, { action, kept });
      assert.match(decided.reason, reason);
    });
  }

  it('has always let replicas serve what is trusted and valid, over two years of steps and jumps', () => {
    const step = fc.oneof(
      { weight: 40, arbitrary: fc.integer({ min: 1, max: 60 * 24 }).map((minutes) => minutes * minuteMs) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 100 }).map((days) => days * dayMs) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 100 }).map((days) => -days * dayMs) },
    );
    const steps = fc.array(step, { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(steps, (jumps) => {
        const world = startWorld();
        // As many quiet half days as it takes for two years, with the jumps among them.
        for (let index = 0; index < 1_460; index += 1) {
          world.pass(jumps[index % (jumps.length * 7)] ?? dayMs / 2);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('renews at two thirds, and trusts an old CA until its last leaf has run out, where no clock jumps', () => {
    const world = startWorld();
    for (let hour = 0; hour < 730 * 24; hour += 1) {
      world.pass(dayMs / 24 - minuteMs);
      world.checkAll();
    }
    assert.deepEqual(world.count(), { authorities: 3, leaves: 159, most: 2 });
  });
});

type Signed = Validity & { readonly id: number };
type Leaf = Signed & { readonly by: number };

/** A Secret, the caBundle that follows it, and replicas of which one lags by a minute; every look holds them to the promise. */
function startWorld() {
  let nowMs = born;
  let id = 0;
  let most = 0;
  const leaves: Leaf[] = [];
  let authorityCount = 0;
  let authorities: readonly Signed[] = [];
  let inSecret: Leaf | undefined;
  let served: readonly (Leaf | undefined)[] = [undefined, undefined];

  const make = (days: number): Signed => ({
    notBeforeMs: nowMs - skewMs,
    notAfterMs: nowMs + days * dayMs,
    id: (id += 1),
  });
  const look = (): void => {
    const held = {
      authorities,
      canSign: authorities.length > 0,
      leaf: inSecret?.by === authorities[0]?.id ? inSecret : undefined,
    };
    const { action, kept } = planRotation(held, nowMs);
    authorities = authorities.slice(0, kept);
    if (action === 'new-authority') {
      authorities = [make(authorityDays), ...authorities];
      authorityCount += 1;
    }
    if (action === 'new-authority' || action === 'new-leaf') {
      inSecret = { ...make(leafDays), by: authorities[0]!.id };
      leaves.push(inSecret);
    }
    most = Math.max(most, authorities.length);
  };
  const check = (): void => {
    for (const each of served) {
      if (!each) continue;
      const by = authorities.find((authority) => authority.id === each.by);
      assert(by, 'the CA of what a replica serves is in the caBundle');
    }
  };
  const checkValid = (each: Leaf | undefined): void => {
    assert(each && each.notBeforeMs <= nowMs && nowMs < each.notAfterMs, 'what is served is valid');
    const by = authorities.find((authority) => authority.id === each.by);
    assert(by && by.notBeforeMs <= nowMs && nowMs < by.notAfterMs, 'and so is its CA');
  };
  return {
    /** Lets the wall clock move; then the replicas look, the last of them a minute after the others. */
    pass(ms: number): void {
      nowMs += ms;
      look();
      check();
      served = [inSecret, served[1]];
      checkValid(served[0]);
      nowMs += minuteMs;
      look();
      check();
      served = [inSecret, inSecret];
      for (const each of served) checkValid(each);
    },
    /** Holds the caBundle to the certificates that were ever made: it trusts those that are valid, and none for much longer. */
    checkAll(): void {
      const ids = authorities.map((authority) => authority.id);
      const isValid = ({ notAfterMs }: Leaf): boolean => nowMs < notAfterMs;
      assert(leaves.filter(isValid).every(({ by }) => ids.includes(by)));
      const ageMs = nowMs - (authorities[0]!.notBeforeMs + skewMs);
      assert(authorities.length === 1 || ageMs <= leafDays * dayMs + 60 * minuteMs);
    },
    count: () => ({ authorities: authorityCount, leaves: leaves.length, most }),
  };
}
