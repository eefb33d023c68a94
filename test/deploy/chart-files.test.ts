import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { chartFiles } from './support/chart-files.ts';

const root = new URL('../../', import.meta.url).pathname;

describe('the files of the chart that are made of others', () => {
  for (const [path, text] of Object.entries(chartFiles())) {
    it(`${path} is as npm run test:update makes it`, () => {
      if (process.env['UPDATE'] === '1') writeFileSync(root + path, text);
      else assert.equal(readFileSync(root + path, 'utf8'), text);
    });
  }
});
