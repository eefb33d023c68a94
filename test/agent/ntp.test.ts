import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './support/agent.ts';
import { freePort, startDaemon, useDaemons } from './support/daemon.ts';

describe('the agent asks a real chrony', () => {
  const directory = useDaemons(['chrony']);

  /** A chronyd that leaves the clock alone. */
  const startChrony = async (...lines: readonly string[]) => {
    const port = await freePort();
    const file = join(directory, `chrony-${port}.conf`);
    const own = ['cmdport 0', 'bindcmdaddress /', `pidfile ${file}.pid`, 'user root', 'bindaddress 127.0.0.1'];
    writeFileSync(file, [`port ${port}`, ...own, 'allow 127.0.0.1', ...lines, ''].join('\n'));
    const isUp = async (): Promise<boolean> => [0, 1].includes((await check([`ntp://:${port}`])).code ?? 2);
    return { ...(await startDaemon('chronyd', ['-d', '-x', '-f', file], isUp)), port };
  };

  it('a synchronised one passes, within the options', async () => {
    const chrony = await startChrony('local stratum 3');
    for (const options of ['', '?max-stratum=3', '?max-offset=1s&max-stratum=15']) {
      const { code, line } = await check([`ntp://:${chrony.port}${options}`]);
      assert.equal(code, 0, line);
      assert.match(line, /^stratum 3, offset [+-]\d+\.\d{3} ms \(ntp /);
    }
    for (const [probe, expected] of [
      ['readiness', 1],
      ['liveness', 0],
    ] as const) {
      const { code, line } = await check(['--probe', probe, `ntp://:${chrony.port}?max-stratum=2`]);
      assert.match(line, /^stratum 3, expected at most 2 /);
      assert.equal(code, expected);
    }
    await chrony.kill();
  });

  it('one that is not synchronised is alive, not ready', async () => {
    const chrony = await startChrony();
    for (const [probe, expected] of [
      ['readiness', 1],
      ['liveness', 0],
    ] as const) {
      const { code, line } = await check(['--probe', probe, `ntp://:${chrony.port}`]);
      assert.match(line, /^not synchronised: leap 3 /);
      assert.equal(code, expected);
    }
    await chrony.kill();
  });

  it('when it is stopped it is 3, in time, and 2 when it is gone', async () => {
    const chrony = await startChrony('local stratum 3');
    chrony.signal('SIGSTOP');
    const { code, line } = await check(['--timeout', '300ms', `ntp://:${chrony.port}`]);
    assert.equal(code, 3);
    assert.match(line, /^timed out after 300ms /);
    await chrony.kill();
    assert.equal((await check([`ntp://:${chrony.port}`])).code, 2);
  });
});
