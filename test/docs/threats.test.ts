import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';

const root = new URL('../../', import.meta.url).pathname;

/** The rows of the table of threats: their four cells. */
const rows = readFileSync(`${root}docs/security.md`, 'utf8')
  .split(/^## /m)
  .find((section) => section.startsWith('Threats'))
  ?.split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\||\|$/g, '').trim()));

describe('the table of threats', () => {
  it('has rows of four cells', () => {
    assert((rows?.length ?? 0) > 20);
    for (const row of rows ?? []) assert.equal(row.length, 4, row.join(' | '));
  });

  for (const [who = '', never = '', , shown = ''] of rows ?? []) {
    if (who.startsWith('an attacker on the path')) continue;
    it(`names a test that there is, for what must never be: ${never}`, () => {
      const names = [...shown.matchAll(/`(test\/[^`]+)`(?: › ([^;]+))?/g)];
      assert(names.length > 0, `no test is named: ${shown}`);
      for (const [, file = '', title] of names) {
        assert(existsSync(root + file), `${file} is not there`);
        if (title === undefined) continue;
        assert(statSync(root + file).isFile());
        assert(readFileSync(root + file, 'utf8').includes(title.trim()), `${file} has no ${title}`);
      }
    });
  }
});
