import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { absences } from './support/absences.ts';
import { type Answer, situationTables } from './support/situation-tables.ts';

const answer = (url: string, outcome: string, line: string, situation = 'it says so'): Answer => ({
  url,
  situation,
  outcome,
  code: outcome === 'pass' ? 0 : 4,
  line,
});

describe('the tables of what each check says', () => {
  it('have a line once, with the first situation, whatever numbers stand in it', () => {
    const text = situationTables([
      answer('redis://:PORT', '**fail**', 'loading for 3 s', 'the first'),
      answer('redis://:PORT/1', '**fail**', 'loading for 14 s', 'the second'),
      answer('redis://:PORT', '**alive**', 'loading for 3 s', 'another outcome'),
    ]);
    const rows = text.split('\n').filter((line) => line.startsWith('| **'));
    assert.deepEqual(rows, [
      '| **alive** | 4 | `loading for 3 s` | `redis://:PORT` | another outcome |',
      '| **fail** | 4 | `loading for 3 s` | `redis://:PORT` | the first |',
    ]);
  });

  it('have what four protocols say in one table, and what three say in each of theirs', () => {
    const schemes = ['amqp', 'ldap', 'nats', 'redis'];
    const text = situationTables([
      ...schemes.map((scheme) => answer(`${scheme}://:PORT`, '**fail**', 'connection refused')),
      ...schemes.slice(1).map((scheme) => answer(`${scheme}://:PORT`, '**alive**', 'login refused')),
    ]);
    assert.match(text, /^\| \*\*fail\*\* \| 4 \| `connection refused` \| `amqp`, `ldap`, `nats`, `redis` \|$/m);
    assert.equal(text.match(/connection refused/g)?.length, 1);
    assert.equal(text.match(/login refused/g)?.length, 3);
    assert.doesNotMatch(text, /## `amqp`/);
  });

  it('have a verdict or a reason for each check in each situation', () => {
    const page = readFileSync(new URL('../../docs/checks/situations.md', import.meta.url), 'utf8');
    const [, table = ''] = /\n\| check \| up \|([^]*?)\n\n/.exec(page) ?? [];
    const cells = table
      .split('\n')
      .slice(2)
      .flatMap((line) => line.split(' | ').slice(1));
    assert(cells.length > 20 * 16, `${cells.length} cells`);
    for (const cell of cells) assert.match(cell, /^(\([a-z]\)|((refused|fail|alive)(, )?)+)( \|)?$/);
    for (const { reason } of absences) assert(page.includes(`: ${reason}\n`), reason);
  });

  it('have three lines that pass, and cut a long one', () => {
    const passes = Array.from({ length: 9 }, (_, index) => answer('dns://:PORT', 'pass', `${'x'.repeat(index + 85)}y`));
    const rows = situationTables(passes)
      .split('\n')
      .filter((line) => line.startsWith('| pass'));
    assert.equal(rows.length, 3);
    const long = situationTables([answer('dns://:PORT', 'pass', 'z'.repeat(500))]);
    assert.match(long, /`z{90}…`/);
  });
});
