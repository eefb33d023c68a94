import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isRefusal } from '../../src/check/check.ts';
import { parseCheck } from '../../src/check/parse.ts';
import { runToEnd } from '../support/process.ts';

const program = new URL('../../agent/target/release/health-probe', import.meta.url).pathname;

/** What patterns are made of, and what looks like it. */
const pieces = [
  'a',
  'é',
  '-',
  '&',
  '&&',
  '~~',
  '^',
  '$',
  '.',
  '|',
  '(',
  ')',
  '(?:',
  '(?=',
  '(?<a>',
  '(?i)',
  '[',
  ']',
  '[^',
  '[]',
  '[a-z]',
  '[z-a]',
  '*',
  '+',
  '?',
  '{',
  '}',
  '{2}',
  '{2,}',
  '{,2}',
  '{2,1}',
  '{0}',
  '{99}',
  '{1000}',
  '(a{9})',
  '[-a]',
  '[a-]',
  '[^-]',
  '[^^]',
  '[[:alpha:]]',
  '\\',
  '\\d',
  '\\W',
  '\\b',
  '\\B',
  '\\n',
  '\\0',
  '\\1',
  '\\a',
  '\\z',
  '\\-',
  '\\/',
  '\\.',
  '\\]',
  '\\x4',
  '\\x41',
  '\\u0041',
  '\\p{L}',
  '\\cA',
];
const patterns = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));

/** What the agent says of a check that nobody answers: nothing where it can be made. */
async function refusalOfAgent(check: string): Promise<string | undefined> {
  const { code, errors } = await runToEnd(program, ['check', '--timeout', '50ms', check], { env: {} });
  return code === 64 ? errors : undefined;
}

describe('a pattern', () => {
  it('is accepted and refused alike by the injector and the agent', async function () {
    let accepted = 0;
    const agree = fc.asyncProperty(patterns, async (pattern) => {
      const check = `expect:///nowhere?expect=${encodeURIComponent(pattern)}`;
      const [injector, agent] = [parseCheck(check), await refusalOfAgent(check)];
      if (!isRefusal(injector)) {
        accepted++;
        assert.equal(agent, undefined, pattern);
      } else assert(agent?.includes(`${injector.received}, expected ${injector.expected}`), `${pattern}: ${agent}`);
    });
    await fc.assert(agree, { numRuns: 400 });
    assert(accepted > 20, `only ${accepted} were accepted`);
  });
});
