import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { program } from '../agent/support/agent.ts';
import { loadCommands } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { controllerOptions } from '../../src/config/controller.ts';
import { keys, writtenKeys } from '../../src/inject/intent/annotations.ts';
import { webhookOptions } from '../../src/config/webhook.ts';
import { blocksOf, codeSpansOf, markdownFiles, textOf } from './support/markdown.ts';

/** What else follows the prefix: the label of a namespace, the label and taint of hardware, the version of the API. */
const otherKeys = ['inject', 'hardware', 'v1alpha1'];

/** Flags that a page names without the program that they belong to. */
const flagsOfOthers = ['--listen-metrics-urls', '--take-ownership', '--set-image'];

const settings = [...Object.keys(webhookOptions), ...Object.keys(controllerOptions)];
const knownKeys = new Set<string>([...Object.keys(keys), ...writtenKeys, ...otherKeys]);
const variables = new Set(settings.map((name) => `HEALTH_INJECTOR_${name.toUpperCase().replaceAll('-', '_')}`));
const flag = /(?<![\w-])--[a-z][a-z0-9-]*/g;

const loaded = await loadCommands(commands);

/** A command line of ours, up to where another program begins. */
const commandLine = /^(?:\$ )?(?:npx )?(?:(?:health-injector|health-probe) |npm start -- |npm run bench -- )([^|]*)/;

function knownFlags(): ReadonlySet<string> {
  const ofCommands = Object.values(loaded).flatMap(({ options }) => Object.keys(options));
  const verbs = ['check', 'serve', 'install'];
  const ofAgent = verbs.map((verb) => execFileSync(program, [verb, '--help'], { encoding: 'utf8' })).join('');
  const named = [...settings, ...ofCommands, 'help', 'version', 'write'].map((name) => `--${name}`);
  return new Set([...named, ...(ofAgent.match(flag) ?? []), ...flagsOfOthers]);
}

describe('what the documentation names', () => {
  for (const file of markdownFiles) {
    const text = textOf(file);
    it(`${file} names only annotations and settings that there are`, () => {
      const named = [...text.matchAll(/(?<![\w.])health\.example\.com\/([a-z0-9]+(?:-[a-z0-9]+)*)/g)].map(
        (match) => match[1] as string,
      );
      const set = [...text.matchAll(/HEALTH_INJECTOR_[A-Z][A-Z_]*[A-Z]/g)].map(([variable]) => variable);
      assert.deepEqual(
        named.filter((key) => !knownKeys.has(key)),
        [],
      );
      assert.deepEqual(
        set.filter((variable) => !variables.has(variable)),
        [],
      );
    });

    it(`${file} shows YAML that can be read`, () => {
      for (const { language, code } of blocksOf(text)) {
        if (language !== 'yaml') continue;
        assert.deepEqual(
          parseAllDocuments(code).flatMap(({ errors }) => errors.map(({ message }) => message)),
          [],
        );
      }
    });
  }

  it('as a flag of ours is one', () => {
    const known = knownFlags();
    const unknown = markdownFiles.flatMap((file) => {
      const text = textOf(file);
      const spans = codeSpansOf(text);
      const lines = [...spans, ...blocksOf(text).flatMap(({ code }) => code.split('\n'))];
      const ofLines = lines.flatMap((line) => commandLine.exec(line)?.[1]?.match(flag) ?? []);
      const alone = spans.flatMap((span) => (span.startsWith('--') ? (span.match(flag) ?? []) : []));
      return [...ofLines, ...alone].filter((name) => !known.has(name)).map((name) => `${file}: ${name}`);
    });
    assert.deepEqual(unknown, []);
  });
});
