import { type Browser, chromium } from 'playwright-core';
import { needProgram } from './packages.ts';

/** The Chromium of the machine; it may run as root in a test. */
export async function startBrowser(): Promise<Browser> {
  await needProgram('chromium', 'chromium');
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
}
