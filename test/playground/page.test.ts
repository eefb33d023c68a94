import assert from 'node:assert/strict';
import { once } from 'node:events';
import { globSync, readFileSync, readdirSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { parseAllDocuments } from 'yaml';
import express from 'express';
import type { runPlayground } from '../../src/playground/run.ts';
import { examples } from '../../src/playground/examples/index.ts';
import { isHealthPolicy } from '../../src/policy/policy.ts';
import { startBrowser } from '../support/browser.ts';
import { type RunningWebhook, startWebhook, testContext } from '../support/webhook.ts';

const root = new URL('../../', import.meta.url).pathname;
const built = `${root}dist/playground/`;
const casesRoot = `${root}test/cases/`;

/** What the page leaves in the window of the browser. */
declare const playground: { readonly run: typeof runPlayground };
declare const document: any;

const textOf = (page: Page, id: string): Promise<string> => page.locator(`#${id}`).innerText();

describe('the page of the playground', () => {
  let browser: Browser;
  let server: Server;
  let url: string;
  before(async () => {
    browser = await startBrowser();
    // Any file server, under any path.
    server = createServer(express().use('/some/where/', express.static(built))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/where/`;
  });
  after(async () => {
    await browser.close();
    server.close();
    server.closeAllConnections();
  });

  /** Opens the page, and gives what must be empty at the end: what the console says, and what is asked of another place. */
  async function openPage(address = url, options: Parameters<Browser['newPage']>[0] = {}) {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('request', (request) => {
      const [asked] = request.url().split('#');
      if (!asked?.startsWith(address.split('#')[0]?.replace(/index\.html$/, '') ?? '')) complaints.push(request.url());
    });
    await page.goto(address);
    await page.locator('.host').first().waitFor({ state: 'attached' });
    return { page, complaints };
  }

  describe('gives for every golden case what the webhook gives', () => {
    let webhook: RunningWebhook;
    before(async () => {
      webhook = await startWebhook();
    });
    after(() => webhook.stop());

    it('byte for byte', async () => {
      const { allowed, agentImage } = testContext;
      const settings = {
        namespace: 'shop',
        'agent-image': agentImage,
        'allowed-host-paths': allowed.hostPaths.join(),
        'allowed-devices': allowed.devices.join(),
        'allowed-device-resources': allowed.deviceResources.join(),
        'allowed-resource-claims': allowed.resourceClaims.join(),
      };
      const files = globSync('**/*.input.yaml', { cwd: casesRoot }).toSorted();
      const texts = files.map((file) => readFileSync(casesRoot + file, 'utf8'));
      const { page, complaints } = await openPage();
      // Browser and webhook answer at the same time.
      const answers = page.evaluate(
        ([manifests, version, withSettings]) =>
          manifests.map((manifest) => {
            const input = { manifest, policies: '', settings: withSettings };
            const reviews = playground.run(input, { version, nowMs: Date.now() }).reviews();
            return { patch: reviews[0]?.patch, warnings: reviews[0]?.warnings, count: reviews.length };
          }),
        [texts, testContext.version, settings] as const,
      );
      const wanted: unknown[] = [];
      for (const text of texts) {
        const [pod, ...others] = parseAllDocuments(text).map((document_) => document_.toJSON());
        const ofKind = (kind: string) => others.filter((object) => object.kind === kind);
        webhook.store.policies.reset(others.filter(isHealthPolicy));
        webhook.store.quarantines.reset(ofKind('NodeQuarantine'));
        webhook.store.namespaces.reset([{ metadata: { name: 'shop' } }, ...ofKind('Namespace')]);
        webhook.store.limitRanges.reset(ofKind('LimitRange'));
        webhook.store.resourceQuotas.reset(ofKind('ResourceQuota'));
        const namespace = pod.metadata?.namespace ?? 'shop';
        const { patch = '', warnings = [] } = await webhook.review(pod, { namespace });
        wanted.push({ patch: Buffer.from(patch, 'base64').toString(), warnings, count: 1 });
      }
      const given = await answers;
      for (const [index, file] of files.entries()) assert.deepEqual(given[index], wanted[index], file);
      assert(files.length > 300);
      assert.deepEqual(complaints, []);
      await page.close();
    });
  });

  it('shows the first example at once, and others without a complaint', async () => {
    const { page, complaints } = await openPage();
    assert.equal(await textOf(page, 'summary'), 'Deployment dnsmasq: health checks by sidecar.');
    // Every third, which are some of each kind.
    for (const [id, { manifest }] of [...examples].filter((_, index) => index % 3 === 0)) {
      await page.locator('#example').selectOption(id);
      const shown = await page
        .locator('#panel-diff')
        .evaluate((panel: any) =>
          [...panel.querySelectorAll('.line:not(ins)')].map((line: any) => line.textContent.slice(2)).join(''),
        );
      assert.equal(shown, manifest, id);
    }
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('works from the disk, and with the network off once it is loaded', async () => {
    for (const address of [pathToFileURL(`${built}index.html`).href, url]) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('console', (message) => errors.push(message.text()));
      page.on('pageerror', ({ message }) => errors.push(message));
      await page.goto(address);
      await page.locator('.host').first().waitFor({ state: 'attached' });
      await context.setOffline(true);
      await page.locator('#example').selectOption('redis');
      await page.locator('#tab-words').click();
      assert.match(await textOf(page, 'panel-words'), /redis:\/\/:\$REDIS_PASSWORD@:6379/);
      assert.deepEqual(errors, []);
      await context.close();
    }
  });

  it('underlines what lint finds, leads to its place, and completes', async () => {
    const { page, complaints } = await openPage(`${url}#example=mistakes`);
    assert.equal(await textOf(page, 'problems-title'), '4 problems');
    await page.locator('.cm-lintRange-error').nth(3).waitFor();
    await page.locator('#problems button').nth(3).click();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('5');
    await page.waitForFunction(() => document.getElementById('problems-title').textContent === '3 problems');
    assert.equal(await page.locator('#example').inputValue(), '');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.keyboard.type('health.example.com/term');
    await page.locator('.cm-tooltip-autocomplete li[aria-selected]').waitFor();
    await page.waitForTimeout(100);
    await page.keyboard.press('Enter');
    await page.keyboard.type('10s');
    await page.waitForFunction(() =>
      document.getElementById('panel-diff').textContent.includes('health.example.com/termination-grace-period: 10s'),
    );
    await page.locator('.cm-content').first().getByText('period', { exact: false }).first().hover();
    await page.locator('.cm-tooltip .about').first().waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('is worked by keyboard: tabs by arrows, and Tab leaves the editor', async () => {
    const { page, complaints } = await openPage();
    await page.locator('#tab-diff').focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('#tab-words').getAttribute('aria-selected'), 'true');
    assert.equal(await page.locator('#panel-words').isVisible(), true);
    assert.equal(await page.locator('#panel-diff').isVisible(), false);
    await page.keyboard.press('End');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-cost');
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-diff');
    await page.locator('.cm-content').first().focus();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-diff');
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('opens a file, gives the result as one, and packs all fields into a link', async () => {
    const { page, complaints } = await openPage(url, { permissions: ['clipboard-read', 'clipboard-write'] });
    const { manifest = '', policies = '' } = examples.get('policy') ?? {};
    await page.locator('#open').setInputFiles({ name: 'a.yaml', mimeType: 'text/yaml', buffer: Buffer.from(manifest) });
    await page.waitForFunction(() =>
      document.getElementById('summary').textContent.startsWith('Deployment shop/redis'),
    );
    await page.locator('#tab-policies').click();
    await page.locator('#open').setInputFiles({ name: 'b.yaml', mimeType: 'text/yaml', buffer: Buffer.from(policies) });
    await page.waitForFunction(() => document.getElementById('tab-policies').textContent.endsWith('(in use)'));
    await page.locator('#tab-settings').click();
    await page.getByLabel('agent-image').fill('registry.example/agent:7');
    await page.waitForFunction(() =>
      document.getElementById('panel-diff').textContent.includes('registry.example/agent:7'),
    );
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
    const saved = readFileSync(await download.path(), 'utf8');
    await page.locator('#share').click();
    await page.waitForFunction(() => document.getElementById('notice').textContent.startsWith('The link is copied.'));
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    const other = await openPage(link);
    const shown = await other.page
      .locator('#panel-diff')
      .evaluate((panel: any) =>
        [...panel.querySelectorAll('.line')].map((line: any) => line.textContent.slice(2)).join(''),
      );
    assert.equal(shown, saved);
    assert.match(saved, /registry\.example\/agent:7/);
    assert.deepEqual([...complaints, ...other.complaints], []);
    await page.close();
    await other.page.close();
  });

  it('shows what a stranger wrote as text, sends nothing, and refuses a link that it cannot read', async () => {
    const { page, complaints } = await openPage(`${url}#text=AAAA`);
    assert.match((await page.locator('#notice').textContent()) ?? '', /^The link holds no text/);
    const name = '<img src=x onerror=document.title=1>';
    const manifest = `kind: Pod\napiVersion: v1\nmetadata: { name: "${name}", annotations: { "health.example.com/${name}": a } }\nspec: { containers: [{ name: "${name}", image: a }] }\n`;
    await page.locator('#open').setInputFiles({ name: 'a.yaml', mimeType: 'text/yaml', buffer: Buffer.from(manifest) });
    await page.waitForFunction(() => document.getElementById('summary').textContent.includes('<img'));
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.title(), 'health-injector playground');
    assert.deepEqual(complaints.splice(0), []);
    const sent = page.evaluate<string>("fetch('playground.css').then(() => 'sent', () => 'refused')");
    assert.equal(await sent, 'refused');
    assert.match(complaints.join(), /Content Security Policy/);
    await page.close();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has nothing that axe finds, in ${colorScheme}`, async () => {
      const { page } = await openPage(`${url}#example=mysql`, { bypassCSP: true, colorScheme });
      const violations = async (): Promise<string[]> => {
        // By its colours alone one theme differs from the other.
        const only = colorScheme === 'dark' ? ', runOnly: ["color-contrast"]' : '';
        const found = await page.evaluate<any>(`axe.run(document, { resultTypes: ["violations"]${only} })`);
        return found.violations.flatMap(({ id, nodes }: any) => nodes.map(({ html }: any) => `${id}: ${html}`));
      };
      await page.evaluate(axe.source);
      for (const tab of ['tab-diff', 'tab-words', 'tab-patch', 'tab-cost', 'tab-policies', 'tab-settings']) {
        await page.locator(`#${tab}`).click();
        assert.deepEqual(await violations(), [], tab);
      }
      await page.locator('#tab-manifest').click();
      await page.locator('#tab-diff').click();
      await page.locator('#example').selectOption('mistakes');
      await page.setViewportSize({ width: 400, height: 800 });
      assert.deepEqual(await violations(), [], 'with problems, on a narrow screen');
      await page.close();
    });
  }

  it('is at most 450 kB without the editor, compressed', () => {
    const bytes = readdirSync(built)
      .filter((file) => file !== 'editor.js')
      .map((file) => gzipSync(readFileSync(built + file), { level: 9 }).length);
    const total = bytes.reduce((sum, size) => sum + size, 0);
    assert(total <= 450_000, `${total} bytes`);
  });
});
