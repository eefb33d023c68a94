import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadCommands } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { commandHelp } from '../../src/cli/help.ts';
import { createTerminal } from '../../src/cli/output.ts';
import { parseFlags, run } from '../../src/cli/run.ts';
import { suggest } from '../../src/wording/suggest.ts';
import { version } from '../../src/config/options.ts';
import { runToEnd } from '../support/process.ts';
import { healthInjector, manifests, runHere } from './support/health-injector.ts';

const loaded = await loadCommands(commands);
const root = new URL('../../', import.meta.url).pathname;

describe('the command line', () => {
  it('is one file that runs by itself once it is built', async () => {
    const [{ code, out }, { bin }] = [
      await runToEnd(`${root}dist/cli.js`, ['--version']),
      (await import('../../package.json', { with: { type: 'json' } })).default,
    ];
    assert.deepEqual([code, out], [0, `health-injector ${version}\n`]);
    assert.equal(bin['health-injector'], 'dist/cli.js');
  });

  it('lists its commands', async () => {
    const { code, out } = await healthInjector(['--help']);
    assert.equal(code, 0);
    for (const [name, { summary }] of Object.entries(loaded))
      assert(out.includes(`  ${name} `) && out.includes(summary));
  });

  it('helps with every command, by examples of which each is a command line that it can read', () => {
    for (const [name, command] of Object.entries(loaded)) {
      const help = commandHelp('health-injector', name, command);
      assert(command.examples.length >= 2, name);
      for (const [line] of command.examples) {
        assert(help.includes(`health-injector ${line}\n`));
        const words = line.replace(/ [<>|] .*/, '').split(' ');
        assert.equal(words[0], name);
        assert.doesNotThrow(() => parseFlags(words.slice(1), command.options), line);
      }
    }
  });

  it('helps on the way', async () => {
    const { code, out } = await runHere(['lint', '--strict', '-h']);
    assert.deepEqual([code, out], [0, commandHelp('health-injector', 'lint', loaded['lint']!)]);
  });

  const mistakes = {
    'lnt x.yaml': 'There is no command lnt: did you mean lint?',
    frobnicate: 'There is no command frobnicate.',
    '-f x.yaml': 'A command comes first, but -f came.',
    lint: 'No manifest is named: name a file or a folder, or - for standard input.',
    'lint --strct x.yaml': 'There is no flag --strct: did you mean --strict?',
    'lint -z x.yaml': 'There is no flag -z.',
    'lint --file': '--file needs a value.',
    'lint --prefix --strict': '--prefix needs a value.',
    'lint --strict=yes x.yaml': '--strict takes no value.',
    'lint -o xml x.yaml': '-o is "xml", expected one of text, json, github, sarif.',
    'lint --prefix health x.yaml': '--prefix is "health", expected a DNS name and a slash.',
  };
  for (const [line, sentence] of Object.entries(mistakes)) {
    it(`answers "${line}" with one sentence and 64`, async () => {
      const written: string[] = [];
      const terminal = createTerminal({
        writeOut: () => assert.fail('nothing goes to standard output'),
        writeError: (text) => written.push(text),
        readStandardInput: () => assert.fail('nothing is read'),
        isTerminal: false,
        isColoured: false,
        env: {},
      });
      const code = await run(line.split(' '), commands, terminal);
      assert.deepEqual([code, written.join('')], [64, `${sentence}\n`]);
    });
  }

  it('shows its help where no command comes, and ends with 64', async () => {
    const { code, out, errors } = await healthInjector([]);
    assert.deepEqual([code, out], [64, '']);
    assert.match(errors, /^health-injector COMMAND: /);
  });

  it('says with 2 which file it cannot read', async () => {
    const { code, errors } = await healthInjector(['lint', `${manifests}shop.yaml`, '/does/not/exist.yaml']);
    assert.equal(code, 2);
    assert.match(errors, /^\/does\/not\/exist\.yaml cannot be read: ENOENT.*\.\n$/);
  });

  it('ends quietly and with the same code when its reader has gone', async () => {
    const child = spawn(process.execPath, [
      `${root}src/bin/cli.ts`,
      'lint',
      '-o',
      'json',
      ...Array.from({ length: 40 }, () => 'test/cases/mistakes'),
    ]);
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    const [code] = await once(child, 'close');
    assert.deepEqual([code, errors], [1, '']);
  });

  it('means the nearest name, and none where none is near', () => {
    const known = ['inject', 'uninject', 'diff', 'explain', 'lint', 'completion'];
    const typed = {
      injct: 'inject',
      uninjct: 'uninject',
      dif: 'diff',
      explian: 'explain',
      lint2: 'lint',
      comp: 'completion',
    };
    for (const [name, wanted] of Object.entries(typed)) assert.equal(suggest(name, known), wanted, name);
    for (const name of ['', 'x', 'serve', 'apply']) assert.equal(suggest(name, known), undefined, name);
  });
});
