import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { eventually } from '../support/eventually.ts';

const root = new URL('../../', import.meta.url).pathname;

/** What a test that failed has left. */
const running: ChildProcess[] = [];

/** The built webhook as `npm start` runs it, with what it has written so far. */
function start(...flags: readonly string[]) {
  const args = [`${root}dist/webhook.js`, '--listen=127.0.0.1:0', '--drain-seconds=0', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  const written = { out: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.errors += chunk.toString()));
  const stop = async (): Promise<void> => {
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
  };
  const listening = eventually('listening', 20_000, async () => written.out.includes('"msg":"listening"'));
  return { written, listening, stop };
}

describe('the playground of npm start', () => {
  afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));

  it('is what the program names first, in words, and serves under a strict policy', async () => {
    const { written, listening, stop } = start('--playground=127.0.0.1:0');
    await listening;
    const [, url = ''] = /^\nOpen (http:\/\/127\.0\.0\.1:\d+\/) in a browser: /.exec(written.out) ?? [];
    const page = await fetch(url);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<title>health-injector playground<\/title>/);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'self'; .*connect-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|blob:|http/);
    assert.equal(page.headers.get('x-powered-by'), null);
    for (const file of ['playground.js', 'playground.css', 'editor.js']) {
      assert.equal((await fetch(url + file)).status, 200, file);
    }
    const others = ['mutate', 'metrics', '.git/config', '..%2f..%2fpackage.json', '%2e%2e/webhook.js'];
    for (const path of others) assert.equal((await fetch(url + path)).status, 404, path);
    await stop();
  });

  it('is off without the flag, and where its port is taken the webhook says so and goes on', async () => {
    const off = start();
    await off.listening;
    assert.doesNotMatch(off.written.out, /^\nOpen |"playground":/);
    await off.stop();

    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    other.unref();
    const { port } = other.address() as AddressInfo;
    const taken = start(`--playground=127.0.0.1:${port}`);
    await taken.listening;
    const sentence = `The playground is not served at 127.0.0.1:${port}, see --playground: listen EADDRINUSE`;
    assert(taken.written.errors.startsWith(sentence), taken.written.errors);
    await taken.stop();
    other.close();
  });
});
