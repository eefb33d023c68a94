import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';

const program = new URL('../../src/bin/controller.ts', import.meta.url).pathname;

const kubeconfig = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  // Nobody listens there: a controller without an apiserver has a log all the same.
  clusters: [{ name: 'none', cluster: { server: 'https://127.0.0.1:1' } }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  users: [{ name: 'none', user: {} }],
  'current-context': 'none',
});

function start(env: Readonly<Record<string, string>>) {
  const args = [program, '--listen=127.0.0.1:0', '--kubeconfig=true'];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.errors += chunk.toString()));
  return { child, said, closed: once(child, 'close') };
}

describe("the controller's log level", () => {
  it('is that of a file, which is followed as by the webhook', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'log-level-'));
    const [file, config] = [join(directory, 'level'), join(directory, 'kubeconfig')];
    writeFileSync(config, kubeconfig);
    writeFileSync(file, 'error\n');
    const { child, said, closed } = start({ KUBECONFIG: config, HEALTH_INJECTOR_LOG_LEVEL_FILE: file });
    try {
      await eventually('the level of the file', 15_000, async () => said.out.includes('"from":"info","to":"error"'));
    } finally {
      child.kill('SIGKILL');
      await closed;
      rmSync(directory, { recursive: true });
    }
    assert.equal(said.errors, '');
  });

  it('is refused in a sentence where there is none of that name', async () => {
    const { child, said, closed } = start({ HEALTH_INJECTOR_LOG_LEVEL: 'loud' });
    await closed;
    assert.deepEqual(
      [child.exitCode, said.errors],
      [64, '--log-level is "loud", expected debug, info, warn, error or silent.\n'],
    );
  });
});

describe('a log that cannot be made', () => {
  it('says why, not that there is no log to say it in', async () => {
    const log = new URL('../../src/config/log.ts', import.meta.url).href;
    const script = `const { createLog } = await import(${JSON.stringify(log)}); createLog('loud');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    await once(child, 'close');
    assert.match(errors, /loud/);
    assert.doesNotMatch(errors, /ReferenceError/);
  });
});
