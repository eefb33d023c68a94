import assert from 'node:assert/strict';

/** Every password of a test holds one of the first, a wrong one too, and every token of an account begins like the last. */
const marks = ['horse', 'päss', 'wörd', 'eyJhbGciOi'];

/** What the beginning of a password becomes on its way: nobody would see it there. */
const encoded = ['correct-horse', 'wrong-horse'].flatMap((text) =>
  [0, 1, 2].map((shift) => {
    const digits = Buffer.from('\0'.repeat(shift) + text).toString('base64');
    // The first digits hang on what is before the text, and the last on what is behind it.
    return digits.slice(shift === 0 ? 0 : shift + 1, Math.floor(((shift + text.length) * 8) / 6));
  }),
);
const hex = Buffer.from('-horse').toString('hex');

const privateKey = '-----BEGIN [A-Z ]*PRIVATE KEY-----';
const anySecret = new RegExp([...marks, ...encoded, hex, privateKey].join('|').replaceAll('+', '\\+'), 'i');

/** Where a secret of the tests, or one of `more`, stands in a text, with a little of what is around it; undefined where none does. */
export function secretIn(text: string, more: readonly string[] = []): string | undefined {
  const places = [text.search(anySecret), ...more.map((secret) => text.indexOf(secret))].filter((place) => place >= 0);
  return places.length === 0 ? undefined : text.slice(Math.max(0, Math.min(...places) - 80), Math.min(...places) + 80);
}

/** Holds something that others may read to no secret of the tests. */
export function assertNoSecret(where: string, text: string): void {
  const found = secretIn(text);
  assert.equal(found, undefined, `${where} shows a secret: ${found}`);
}

const shown = new Set<string>();
let title = '';

/** As `assertNoSecret`, where an exception would be answered by the program under test: the run fails at its end, and says in which test. */
export function searchForSecrets(where: string, text: string): void {
  const found = secretIn(text);
  if (found !== undefined) shown.add(`${title}: ${where} shows a secret: ${found}`);
}

export const mochaHooks: Mocha.RootHookObject = {
  beforeEach(this: Mocha.Context) {
    title = this.currentTest?.fullTitle() ?? '';
  },
  afterAll() {
    assert.deepEqual([...shown], []);
  },
};
