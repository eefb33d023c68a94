import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser } from 'playwright-core';

/** A4 at 96 pixels an inch: paper does not scroll. */
const paper = { width: 794, height: 1123 };

/** Opens a file in light, dark and print; nothing may be reported, nothing may be asked for, and axe has to find nothing. */
export async function assertSoundPage(browser: Browser, file: string): Promise<void> {
  for (const look of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { media: 'print' }] as const) {
    const page = await browser.newPage();
    const found: string[] = [];
    page.on('console', (message) => void found.push(message.text()));
    page.on('pageerror', (error) => void found.push(error.message));
    page.on('request', (request) => void found.push(...(request.isNavigationRequest() ? [] : [request.url()])));
    await page.emulateMedia(look);
    await page.goto(pathToFileURL(file).href);
    assert.deepEqual(found, [], JSON.stringify(look));
    if ('media' in look) {
      await page.setViewportSize(paper);
      const width = await page.evaluate(() => (globalThis as any).document.documentElement.scrollWidth);
      assert(width <= paper.width, `what is printed is ${width} wide`);
    }
    await page.close();
    // What is printed has the colours of light.
    if ('media' in look) continue;
    // Its own policy would let no script in.
    const context = await browser.newContext({ bypassCSP: true });
    const tried = await context.newPage();
    await tried.emulateMedia(look);
    await tried.goto(pathToFileURL(file).href);
    await tried.evaluate(axe.source);
    const violations = await tried.evaluate(async () => {
      const { violations: list } = await (globalThis as any).axe.run();
      return list.map(({ id, nodes }: any) => `${id}: ${nodes[0].html}`);
    });
    assert.deepEqual(violations, [], JSON.stringify(look));
    await context.close();
  }
}
