import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCommands } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { runToEnd } from '../support/process.ts';
import { healthInjector } from './support/health-injector.ts';

describe('health-injector completion', () => {
  let script = '';
  before(async () => {
    script = (await healthInjector(['completion', 'bash'])).out;
  });

  /** What a real bash offers for the last word of a line. */
  async function complete(...words: readonly string[]): Promise<string[]> {
    const line = words.map((word) => `'${word}'`).join(' ');
    const { code, out, errors } = await runToEnd('bash', ['--norc', '-euo', 'pipefail'], {
      // compopt works only while bash completes by itself.
      input: `${script}
compopt() { :; }
COMP_WORDS=(${line}) COMP_CWORD=${words.length - 1}
_health_injector
printf '%s\\n' "\${COMPREPLY[@]:-}"`,
    });
    assert.deepEqual([code, errors], [0, '']);
    return out.split('\n').filter((word) => word !== '');
  }

  it('is known to bash, which offers files where nothing else fits', async () => {
    const { code, out } = await runToEnd('bash', ['--norc'], { input: `${script}\ncomplete -p health-injector` });
    assert.deepEqual([code, out], [0, 'complete -o default -F _health_injector health-injector\n']);
    assert.deepEqual(await complete('health-injector', 'lint', 'dep'), []);
    assert.deepEqual(await complete('health-injector', 'lint', '--file', ''), []);
  });

  it('completes commands', async () => {
    assert.deepEqual(await complete('health-injector', ''), [...Object.keys(commands), '--help', '--version']);
    assert.deepEqual(await complete('health-injector', 'li'), ['lint']);
  });

  it('completes the flags of every command', async () => {
    for (const [name, { options }] of Object.entries(await loadCommands(commands))) {
      const long = [...Object.keys(options), 'help'].map((option) => `--${option}`);
      assert.deepEqual(await complete('health-injector', name, '--'), long);
    }
  });

  it('completes the values that a flag or a command takes', async () => {
    assert.deepEqual(await complete('health-injector', 'lint', '-o', 'j'), ['json']);
    assert.deepEqual(await complete('health-injector', 'explain', '--output', ''), ['text', 'json']);
    assert.deepEqual(await complete('health-injector', 'completion', 'z'), ['zsh']);
  });

  for (const shell of ['zsh', 'fish']) {
    it(`is read by ${shell}, where there is one`, async function () {
      const { out } = await healthInjector(['completion', shell]);
      for (const name of Object.keys(commands)) assert(out.includes(name));
      const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
      writeFileSync(join(folder, 'completion'), out);
      const checked = await runToEnd(shell, ['-n', join(folder, 'completion')]).catch(() => undefined);
      rmSync(folder, { recursive: true });
      if (!checked) return this.skip();
      assert.deepEqual([checked.code, checked.errors], [0, '']);
      return undefined;
    });
  }

  it('asks which shell', async () => {
    const { code, errors } = await healthInjector(['completion']);
    assert.deepEqual([code, errors], [64, 'Which shell? One of bash, zsh, fish.\n']);
  });
});
