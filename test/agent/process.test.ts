import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { check, serve } from './support/agent.ts';

/** The exit codes of the probes of a check. */
async function codesOf(url: string): Promise<(number | null)[]> {
  const codes: (number | null)[] = [];
  for (const probe of ['liveness', 'readiness']) codes.push((await check(['--probe', probe, url])).code);
  return codes;
}

describe('the agent looks for a process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'health-probe-'));
  // Longer than the 15 bytes that the kernel keeps, and nobody else's.
  const name = `worker-${randomBytes(6).toString('hex')}`;
  const program = join(directory, name);
  const running: ChildProcess[] = [];
  const start = async (argv0?: string): Promise<ChildProcess> => {
    const child = spawn(program, ['60'], { stdio: 'ignore', ...(argv0 ? { argv0 } : {}) });
    await once(child, 'spawn');
    running.push(child);
    return child;
  };
  const end = async (): Promise<void> => {
    for (const child of running.splice(0)) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  };
  before(() => copyFileSync('/bin/sleep', program));
  afterEach(end);
  after(() => rmSync(directory, { recursive: true }));

  it('one that is not there is 2', async () => {
    const { code, line } = await check([`process:///${name}`]);
    assert.equal(code, 2);
    assert.equal(line, `no such process (process /${name})`);
    assert.deepEqual(await codesOf(`process://${program}`), [2, 2]);
  });

  it('one that runs passes, by its name, by its cut name and by its path', async () => {
    await start();
    for (const path of [`/${name}`, `/${name.slice(0, 15)}`, program]) {
      const { code, line } = await check([`process://${path}`]);
      assert.equal(code, 0, line);
      assert(line.startsWith(`1 process runs (process ${path}, `), line);
    }
    for (const path of [`/${name}x`, `/${name.slice(1)}`, `/opt/${name}`]) {
      // A longer name that begins with the same 15 bytes cannot be told apart by them.
      const { code } = await check([`process://${path}`]);
      assert.equal(code, path === `/${name}x` ? 0 : 2);
    }
  });

  it('one that calls itself something else is found by its command and its program', async () => {
    await start('worker: idle');
    assert.equal((await check([`process:///${name}`])).code, 0);
    assert.equal((await check([`process://${program}`])).code, 0);
  });

  it('too few are 1', async () => {
    await start();
    assert.deepEqual(await codesOf(`process:///${name}?min-count=2`), [1, 1]);
    const { line } = await check([`process:///${name}?min-count=2`]);
    assert.match(line, /^1 process runs, expected at least 2 /);
    await start();
    assert.deepEqual(await codesOf(`process:///${name}?min-count=2`), [0, 0]);
  });

  it('one that is stopped still runs, and one that was killed is 2', async () => {
    const child = await start();
    child.kill('SIGSTOP');
    assert.equal((await check([`process:///${name}`])).code, 0);
    await end();
    assert.equal((await check([`process:///${name}`])).code, 2);
  });

  it('serve sees it come and go', async () => {
    const agent = await serve(['--period', '100ms', '--container', 'app', `process:///${name}`]);
    try {
      await eventually('no process', 8_000, async () => (await agent.get('/readyz/app')).status === 502);
      await start();
      await eventually('a process', 8_000, async () => (await agent.get('/readyz/app')).status === 200);
      await end();
      await eventually('no process', 8_000, async () => (await agent.get('/livez/app')).status === 502);
    } finally {
      await agent.stop();
    }
  });

  it('a proc file system that is not there says nothing of the program', async () => {
    const url = `process:///${name}`;
    assert.equal((await check(['--proc-root', '/nowhere', '--probe', 'liveness', url])).code, 0);
    const { code, line } = await check(['--proc-root', '/nowhere', url]);
    assert.equal(code, 4);
    assert.match(line, /^cannot read \/nowhere: /);
  });
});
