import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { assertBothWays } from './support/both-ways.ts';

const root = new URL('fixtures/', import.meta.url).pathname;

describe('a manifest that people and tools write', () => {
  for (const file of globSync('*.input.*', { cwd: root }).toSorted()) {
    it(`${file.replace(/\.input\..*/, '').replaceAll('-', ' ')} keeps all that it holds`, () => {
      const output = root + file.replace('.input.', '.output.');
      const text = assertBothWays(readFileSync(root + file, 'utf8'));
      if (process.env['UPDATE'] === '1') writeFileSync(output, text);
      assert.equal(text, readFileSync(output, 'utf8'));
    });
  }
});
