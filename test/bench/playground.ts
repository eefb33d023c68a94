// `node test/bench/playground.ts`, after `npm run build:playground`: how long the page takes, in Chromium.
import { readFileSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { examples } from '../../src/playground/examples/index.ts';
import { startBrowser } from '../support/browser.ts';

const built = new URL('../../dist/playground/', import.meta.url).pathname;
const rounds = 15;

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const row = (what: string, measured: string): void => void process.stdout.write(`| ${what} | ${measured} |\n`);

/** Workloads one behind another until there are at least 200 lines. */
function longManifest(): string {
  const texts = [...examples.values()].filter(({ id }) => id !== 'mistakes').map(({ manifest }) => manifest);
  let text = '';
  for (const next of texts) {
    if (text.split('\n').length > 200) break;
    text += text === '' ? next : `---\n${next}`;
  }
  return text;
}

const browser = await startBrowser();
const url = pathToFileURL(`${built}index.html`).href;
const first: number[] = [];
for (let round = 0; round < rounds; round++) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.locator('.host').first().waitFor({ state: 'attached' });
  first.push(await page.evaluate<number>('performance.getEntriesByName("first-result")[0].startTime'));
  await page.close();
}
row('from the start of loading to the first result', `${Math.round(middle(first))} ms`);

const page = await browser.newPage();
await page.goto(url);
await page.locator('.host').first().waitFor({ state: 'attached' });
const manifest = longManifest();
await page.locator('#open').setInputFiles({ name: 'a.yaml', mimeType: 'text/yaml', buffer: Buffer.from(manifest) });
await page.locator('.cm-content').first().click();
await page.waitForTimeout(500);
await page.evaluate('performance.clearMeasures()');
for (let round = 0; round < rounds; round++) {
  await page.keyboard.type(' ');
  await page.waitForTimeout(300);
}
const changes = await page.evaluate<number[]>(
  'performance.getEntriesByName("evaluate").map(({ duration }) => duration)',
);
const lines = manifest.split('\n').length - 1;
row(`a change of a manifest of ${lines} lines, until the page shows it`, `${Math.round(middle(changes))} ms`);
await browser.close();

const sizeOf = (files: readonly string[]): string =>
  `${Math.round(files.reduce((sum, file) => sum + gzipSync(readFileSync(built + file), { level: 9 }).length, 0) / 1_000)} kB`;
const files = readdirSync(built);
row('the page, compressed', sizeOf(files.filter((file) => file !== 'editor.js')));
row('the editor, which loads after the first result, compressed', sizeOf(['editor.js']));
