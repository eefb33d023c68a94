import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, watchLogLevel } from '../../src/config/log.ts';
import { eventually } from '../support/eventually.ts';

describe('the log level in a file', () => {
  it('is followed as a ConfigMap changes it, and left for the usual one where the file is gone', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'log-level-'));
    const file = join(directory, 'level');
    const lines: string[] = [];
    const log = createLogger('info', { write: (line: string) => void lines.push(line) });
    // As the kubelet does: what the name leads to is replaced.
    const put = (text: string): void => {
      const target = join(directory, `data-${Math.random()}`);
      writeFileSync(target, text);
      rmSync(file, { force: true });
      symlinkSync(target, file);
    };
    const becomes = (level: string): Promise<boolean> => eventually(level, 5_000, async () => log.level === level);
    const stop = watchLogLevel(file, log, 20);
    assert.equal(log.level, 'info');
    put('debug\n');
    await becomes('debug');
    put('silent');
    await becomes('silent');
    put('error');
    await becomes('error');
    rmSync(file);
    await becomes('info');
    put('loud');
    await eventually('a complaint', 5_000, async () => lines.some((line) => line.includes('names no level')));
    assert.equal(log.level, 'info');
    stop();
    const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'log level changed');
    assert.deepEqual(
      told.map(({ level, from, to }) => [level, from, to]),
      [
        [30, 'info', 'debug'],
        [30, 'debug', 'silent'],
        [30, 'error', 'info'],
      ],
    );
  });
});
