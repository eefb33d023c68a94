import fc from 'fast-check';

const [lastBeforeSurrogates, firstBehindThem, last] = [0xd7ff, 0xe000, 0x10ffff];

/** Any code point but half a surrogate pair. */
const character = fc
  .oneof(
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
    { weight: 9, arbitrary: fc.integer({ min: 0, max: lastBeforeSurrogates }) },
    { weight: 9, arbitrary: fc.integer({ min: firstBehindThem, max: last }) },
  )
  .map((codePoint) => String.fromCodePoint(codePoint));

/** As `fc.string({ unit: 'binary' })`, which first makes a table of a million characters: that costs each process two seconds. */
export const anyText: fc.Arbitrary<string> = fc.array(character).map((characters) => characters.join(''));
