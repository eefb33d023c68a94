import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { loadCommands } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { candidatesFor } from '../../src/cli/completion/candidates.ts';
import { needProgram } from '../support/packages.ts';
import { runToEnd } from '../support/process.ts';
import { program, runHere } from './support/health-injector.ts';
import { type Completer, inBash, inFish, inZsh } from './support/shells.ts';

const loaded = await loadCommands(commands);

/** What the last word of a line may become; files where nothing of ours may stand there. */
const lines: Readonly<Record<string, readonly string[] | 'files'>> = {
  '': Object.keys(commands),
  li: ['lint'],
  'lint --st': ['--strict'],
  'lint -o ': ['text', 'json', 'github', 'sarif'],
  'lint --output j': ['json'],
  'lint --output=j': ['--output=json'],
  'lint -o json --pol': ['--policies'],
  'completion z': ['zsh'],
  'explain --context ': [],
  'missed d': [],
  'lint d': 'files',
  'lint -f d': 'files',
  'lint --strict --policies d': 'files',
  ...Object.fromEntries(
    Object.entries(loaded).map(([name, { options }]) => [
      `${name} --`,
      [...Object.keys(options), 'help'].map((option) => `--${option}`),
    ]),
  ),
};
const files = ['deploy.yaml', 'develop'];

describe('health-injector completion', () => {
  const folder = mkdtempSync(join(tmpdir(), 'health-injector-'));
  const [cwd, bin] = [join(folder, 'work'), join(folder, 'bin')];
  const env = { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) };
  before(() => {
    mkdirSync(join(cwd, 'develop'), { recursive: true });
    for (const name of ['deploy.yaml', 'notes.txt']) writeFileSync(join(cwd, name), '');
    mkdirSync(bin);
    const called = join(bin, 'health-injector');
    writeFileSync(called, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
    chmodSync(called, 0o755);
  });
  after(() => rmSync(folder, { recursive: true }));

  const shells: Readonly<Record<string, Completer>> = { bash: inBash, zsh: inZsh, fish: inFish };
  for (const [shell, complete] of Object.entries(shells)) {
    it(`has a real ${shell} complete commands, flags, values and files`, async () => {
      await needProgram(shell, shell);
      const typed = Object.keys(lines).map((line) => `health-injector ${line}`);
      const completed = await complete(typed, { cwd, env });
      for (const [index, [line, wanted]] of Object.entries(lines).entries()) {
        const before = ['health-injector', ...line.split(' ')].slice(0, -1);
        const all = completed[index] ?? [];
        assert.deepEqual(all.slice(0, before.length), before, line);
        // A shell may offer flags where a command comes; what has no candidate stays as it was typed.
        const words = all.slice(before.length).filter((word) => line !== '' || !word.startsWith('-'));
        const expected = wanted === 'files' ? files : wanted.length === 0 ? line.split(' ').slice(-1) : wanted;
        assert.deepEqual(
          words.map((word) => word.replace(/\/$/, '')).toSorted(),
          expected.filter((word) => word !== '').toSorted(),
          line,
        );
      }
    }).timeout(180_000);
  }

  it('offers the same to kubectl', () => {
    for (const [line, wanted] of Object.entries(lines)) {
      const { words, files: isFile } = candidatesFor(line.split(' '), loaded);
      const names = words.map(([word]) => word).filter((word) => line !== '' || !word.startsWith('-'));
      assert.deepEqual([isFile, names], wanted === 'files' ? [true, []] : [false, wanted], line);
    }
    assert.deepEqual(candidatesFor(['none', ''], loaded), { words: [], files: false });
  });

  it('answers kubectl by the name that kubectl calls, in lines with a directive', async () => {
    const completer = join(bin, 'kubectl_complete-health');
    symlinkSync(program, completer);
    const ask = (...words: readonly string[]) => runToEnd(process.execPath, [completer, ...words]);
    assert.deepEqual(await ask('lint', '-o', ''), { code: 0, out: 'text\njson\ngithub\nsarif\n:4\n', errors: '' });
    assert.deepEqual(await ask('lint', '-f', ''), { code: 0, out: ':0\n', errors: '' });
    const { out } = await ask('');
    assert.equal(out.split('\n')[0], `inject\t${loaded['inject']!.summary}`);
  });

  it('is heard by a real kubectl, where there is one', async function () {
    const kubectl = join(bin, 'kubectl_complete-health');
    rmSync(kubectl, { force: true });
    const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' completion kubectl -- "$@"\n`;
    writeFileSync(kubectl, script, { mode: 0o755 });
    writeFileSync(join(bin, 'kubectl-health'), script, { mode: 0o755 });
    const ended = await runToEnd('kubectl', ['__complete', 'health', 'lint', '-o', ''], { env }).catch(() => undefined);
    // Kubectl completes plugins since 1.26.
    const { out = '' } = (await runToEnd('kubectl', ['version', '--client'], { env }).catch(() => undefined)) ?? {};
    if (!ended || Number(/v1\.(\d+)/.exec(out)?.[1] ?? 0) < 26) return this.skip();
    assert.equal(ended.out, 'text\njson\ngithub\nsarif\n:4\n');
    return undefined;
  });

  it('asks which shell', async () => {
    const { code, errors } = await runHere(['completion']);
    assert.deepEqual([code, errors], [64, 'Which shell? One of bash, zsh, fish, or kubectl.\n']);
  });
});
