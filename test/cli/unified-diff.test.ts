import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyPatch } from 'diff';
import fc from 'fast-check';
import { unifiedDiff } from '../../src/cli/unified-diff.ts';
import { runToEnd } from '../support/process.ts';

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** A document with a line at its start and some in its middle that the other version lacks. */
const document = (isChanged: boolean, [open, close] = ['', '---']): string =>
  [
    ...(isChanged ? ['first: 1'] : []),
    open,
    ...numbered('  a', 9),
    ...(isChanged ? numbered('  new', 3) : []),
    ...numbered('  b', 9),
    close,
  ]
    .filter((line) => line !== '')
    .map((line) => `${line}\n`)
    .join('');

describe('a unified diff', () => {
  const line = fc.constantFrom('a', 'b', '---', '- a', '  - b', '', ' ');
  const text = fc
    .tuple(fc.array(line, { maxLength: 40 }), fc.boolean())
    .map(([lines, ends]) => lines.join('\n') + (ends ? '\n' : ''));

  it('turns the one text into the other, whatever they are', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = unifiedDiff('x', before, after);
        assert.equal(lines.length === 0, before === after);
        assert.equal(applyPatch(before, lines.map((each) => `${each}\n`).join('')), after);
      }),
      { numRuns: 2_000 },
    );
  });

  const pairs = {
    'a file of many documents': [document(false).repeat(5), document(true).repeat(5)],
    'a list of many items': [document(false, ['- x:', '']).repeat(5), document(true, ['- x:', '']).repeat(5)],
    'changes that are six and seven lines apart': [
      numbered('', 20).join('\n'),
      numbered('', 20).join('\n').replace('\n3\n', '\n3\nx\n').replace('\n9\n', '\n9\nx\n').replace('\n16\n', '\nx\n'),
    ],
    'a text that does not end in a line break': ['a\nb', 'a\nb\nc'],
    'an empty text': ['', 'a\n'],
    'a text that becomes empty': ['a\nb\n', ''],
  } as const;
  for (const [what, [before, after]] of Object.entries(pairs)) {
    it(`of ${what} is the one that diff -u prints`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
      const [old, wanted] = [join(folder, 'old'), join(folder, 'new')];
      writeFileSync(old, before);
      writeFileSync(wanted, after);
      const { out } = await runToEnd('diff', ['-u', '--minimal', old, wanted]);
      rmSync(folder, { recursive: true });
      // GNU diff leaves out a count of one.
      const hunks = out
        .split('\n')
        .slice(2, -1)
        .map((each) => each.replace(/^@@ -(\d+) /, '@@ -$1,1 ').replace(/^(@@ .*\+\d+) @@$/, '$1,1 @@'));
      assert.deepEqual(unifiedDiff('x', before, after), ['--- x', '+++ x', ...hunks]);
    });
  }

  it('of a list or of documents takes time in proportion to their number', () => {
    for (const edges of [
      ['', '---'],
      ['- x:', ''],
    ] as const) {
      const [before, after] = [document(false, [...edges]).repeat(4_000), document(true, [...edges]).repeat(4_000)];
      const start = process.cpuUsage();
      const added = unifiedDiff('x', before, after).filter((each) => each.startsWith('+') && !each.startsWith('+++'));
      assert.equal(added.length, 16_000);
      // As one text, the list took twenty seconds of CPU, and four times as long for twice its length.
      assert(process.cpuUsage(start).user < 5_000_000);
    }
  });

  it('quotes the name of a file that would end its line or steer a terminal', () => {
    assert.equal(unifiedDiff('a\n+++ b\u001B[2J', 'a\n', 'b\n')[0], String.raw`--- "a\n+++ b\033[2J"`);
  });
});
