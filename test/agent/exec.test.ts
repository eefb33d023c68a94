import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../support/eventually.ts';
import { runToEnd } from '../support/process.ts';
import { check, program } from './support/agent.ts';

/** The processes whose whole command line is this. */
const running = async (line: string): Promise<string> => (await runToEnd('pgrep', ['-fx', line], {})).out;

describe('the agent runs programs', () => {
  it('and ends with them what they started, in a session of its own too', async () => {
    const { code, line } = await check(['exec:sh -c "setsid sleep 76.1 & exit 0"']);
    assert.equal(code, 0, line);
    assert.equal(await running('sleep 76.1'), '');
    const hanging = await check(['--timeout', '300ms', 'exec:sh -c "setsid -w sh -c \'sleep 76.2; true\'"']);
    assert.equal(hanging.code, 3, hanging.line);
    assert.equal(await running('sleep 76.2'), '');
  });

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`and takes them along where it is ended itself by ${signal}`, async () => {
      const child = spawn(program, ['check', '--timeout', '60s', 'exec:sleep 76.3'], { stdio: 'ignore' });
      await eventually('a program that runs', 5_000, async () => (await running('sleep 76.3')) !== '');
      child.kill(signal);
      await once(child, 'exit');
      await eventually('its end', 5_000, async () => (await running('sleep 76.3')) === '');
    });
  }

  it('and leaves no zombies, as PID 1', async () => {
    const orphans = ['setsid sleep 0.01 & exit 0', 'sh -c "sleep 0.02 & exit 0" & exit 0', '(sleep 0.03 &) & exit 0'];
    const checks = orphans.map((script, index) => `a${index}=exec:sh -c '${script}'`);
    const words = ['--pid', '--fork', '--mount-proc', '--kill-child', program, 'serve', '--listen', '127.0.0.1:0'];
    const child = spawn('unshare', [...words, '--period', '100ms', ...checks], { stdio: 'ignore' });
    await once(child, 'spawn');
    try {
      const agent = await eventually('the agent', 5_000, async () => {
        const { out } = await runToEnd('pgrep', ['-P', `${child.pid}`], {});
        return out.trim() !== '' && out.trim();
      });
      // Each check runs some ten times, and leaves no more than what its last run has just left.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const { out } = await runToEnd('ps', ['--ppid', agent, '-o', 'stat='], {});
      const zombies = out.split('\n').filter((state) => state.startsWith('Z')).length;
      assert(zombies <= 2 * checks.length, out);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});
