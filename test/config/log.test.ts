import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentCertificate } from '../../src/certificates/files.ts';
import { createLogger } from '../../src/config/log.ts';

const program = new URL('../../src/bin/webhook.ts', import.meta.url).pathname;

describe('the log', () => {
  it('has the time of each line to the millisecond, also across seconds', async () => {
    const times: number[] = [];
    const log = createLogger('info', { write: (line: string) => void times.push(Date.parse(JSON.parse(line).time)) });
    const begin = Date.now();
    while (Date.now() < begin + 1_100) {
      const before = Date.now();
      log.info('a line');
      const time = times.at(-1) ?? 0;
      assert(before <= time && time <= Date.now(), `${time} is not from ${before} on`);
      await new Promise((resolve) => setTimeout(resolve, 7));
    }
  });

  it('keeps no process from ending whose output is read no more', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'health-injector-log-'));
    developmentCertificate(directory, new Date());
    const args = ['--listen=127.0.0.1:0', `--certificate-directory=${directory}`, '--drain-seconds=0'];
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    rmSync(directory, { recursive: true });
  }).timeout(30_000);
});
