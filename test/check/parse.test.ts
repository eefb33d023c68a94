import assert from 'node:assert/strict';
import fc from 'fast-check';
import table from '../../agent/checks.json' with { type: 'json' };
import { isRefusal } from '../../src/check/check.ts';
import { parseCheck } from '../../src/check/parse.ts';
import { schemeNames, schemes } from '../../src/check/schemes.ts';
import { anyText } from '../support/any-text.ts';

const schemeOf = ({ check }: { readonly check: string }): string =>
  check.replace(/^[a-z0-9-]*=/, '').split(':', 1)[0] ?? '';

describe('the grammar of a check', () => {
  for (const { check, parsed } of table.accepted) {
    it(`accepts ${check}`, () => {
      const result = parseCheck(check);
      assert(!isRefusal(result), JSON.stringify(result));
      assert.deepEqual({ ...result, options: Object.fromEntries(result.options) }, { text: check, ...parsed });
    });
  }

  for (const { check, error } of table.refused) {
    it(`refuses ${JSON.stringify(check.slice(0, 60))} in one sentence`, () => {
      const result = parseCheck(check);
      assert(isRefusal(result), `accepted ${JSON.stringify(result)}`);
      assert.equal(
        `${result.received}, expected ${result.expected}`,
        error.replace('{schemes}', schemeNames.join(', ')),
      );
    });
  }

  it('has an accepted and a refused example of every scheme that the agent asks', () => {
    for (const rows of [table.accepted, table.refused]) {
      const shown = new Set(rows.map(schemeOf));
      assert.deepEqual(
        schemeNames.filter((name) => !shown.has(name) && !schemes.get(name)?.byController),
        [],
      );
    }
  });

  it('gives an answer to any text', () => {
    const near = fc.constantFrom(...table.accepted, ...table.refused).map((row) => row.check);
    const mangled = fc
      .tuple(near, anyText, fc.nat(80))
      .map(([text, noise, at]) => text.slice(0, at) + noise + text.slice(at));
    fc.assert(
      fc.property(fc.oneof(anyText, mangled), (text) => typeof parseCheck(text) === 'object'),
      { numRuns: 2_000 },
    );
  });
});
