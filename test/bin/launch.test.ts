import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../agent/support/cache.ts';
import { must, runToEnd } from '../support/process.ts';

const root = new URL('../../', import.meta.url).pathname;
const programs = ['webhook', 'controller', 'cli'] as const;
const engine = /^>=(\d+\.\d+)$/.exec(JSON.parse(readFileSync(`${root}package.json`, 'utf8')).engines.node)?.[1] ?? '';

/** The program of a release of Node, out of its package. */
async function nodeOf(release: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const directory = await cached('node', [name, release], async (draft) => {
    await must('npm', ['install', '--no-audit', '--no-fund', '--prefix', draft, `${name}@${release}`]);
  });
  return join(directory, 'node_modules', name, 'bin/node');
}

describe('the built programs', () => {
  it('say in one sentence that an older Node is too old', async () => {
    const node = await nodeOf('18.20.8');
    for (const program of programs) {
      const { code, out, errors } = await runToEnd(node, [`${root}dist/${program}.js`, '--help']);
      const sentence = `health-injector needs Node ${engine} or later, and this is Node 18.20.8.\n`;
      assert.deepEqual({ code, out, errors }, { code: 1, out: '', errors: sentence }, program);
    }
  }).timeout(180_000);

  it('start on the oldest Node that package.json names', async () => {
    const node = await nodeOf(`${engine}.0`);
    for (const program of programs) {
      const { code, out, errors } = await runToEnd(node, [`${root}dist/${program}.js`, '--help']);
      assert.deepEqual({ code, errors }, { code: 0, errors: '' }, program);
      assert.match(out, /health-injector/);
    }
  }).timeout(180_000);
});
