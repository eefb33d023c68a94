import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Buffer as BrowserBuffer } from '../../src/playground/browser/buffer.ts';
import * as crypto from '../../src/playground/browser/crypto.ts';
import * as net from '../../src/playground/browser/net.ts';
import * as util from '../../src/playground/browser/util.ts';

/** What looks like an address, and often is one. */
const addressLike = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4Extended(),
  fc.string({ unit: fc.constantFrom(...'0123456789abcfF:.%-g '), maxLength: 24 }),
  fc
    .array(fc.oneof(fc.constantFrom('', '0', '1', 'ffff', 'fffff', '00', '127.0.0.1', '1.2.3', '256.1.1.1')), {
      maxLength: 10,
    })
    .map((parts) => parts.join(':')),
  fc
    .array(fc.constantFrom('0', '00', '01', '9', '10', '99', '100', '199', '249', '255', '256', ''), { maxLength: 5 })
    .map((parts) => parts.join('.')),
  fc.tuple(fc.ipV6(), fc.string({ maxLength: 4 })).map(([address, zone]) => `${address}%${zone}`),
);

const plain = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true });
const values = fc.oneof(
  plain,
  fc.dictionary(fc.string(), plain).map((entries) => new Map(Object.entries(entries))),
);
/** Of one to four bytes, and halves of characters. */
const texts = fc.string({
  unit: fc.constantFrom('a', '\0', '\x7f', 'ü', '\u2028', '€', '😀', '\ud800', '\udc00'),
  maxLength: 200,
});

describe('what browsers lack of Node', () => {
  it('tells addresses as Node does', () => {
    fc.assert(
      fc.property(addressLike, (text) => {
        assert.deepEqual(
          [net.isIPv4(text), net.isIPv6(text), net.isIP(text)],
          [isIPv4(text), isIPv6(text), isIP(text)],
          JSON.stringify(text),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it('hashes and measures texts as Node does', () => {
    fc.assert(
      fc.property(texts, (text) => {
        assert.equal(crypto.hash('sha256', text), hash('sha256', text));
        assert.equal(BrowserBuffer.byteLength(text), Buffer.byteLength(text));
        assert.equal(BrowserBuffer.from(text).toString('base64'), Buffer.from(text).toString('base64'));
      }),
    );
  });

  it('compares values as Node does', () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        assert.equal(util.isDeepStrictEqual(one, other), isDeepStrictEqual(one, other));
        assert.equal(util.isDeepStrictEqual(one, structuredClone(one)), isDeepStrictEqual(one, structuredClone(one)));
      }),
    );
    const pairs: readonly (readonly [unknown, unknown])[] = [
      [0, -0],
      [Number.NaN, Number.NaN],
      [{ a: undefined }, {}],
      [[1, 2], [1]],
      [new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]])],
      [new Map([['a', 1]]), new Map([['b', 1]])],
      [new Set([1, 'a']), new Set(['a', 1])],
      [new Set([1]), new Set([2])],
      [null, {}],
      [[], {}],
    ];
    for (const [one, other] of pairs) assert.equal(util.isDeepStrictEqual(one, other), isDeepStrictEqual(one, other));
  });
});
