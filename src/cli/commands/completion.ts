import { defineCommand, exitCode } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import type { Commands } from '../completion/words.ts';
import { zshCompletion } from '../completion/zsh.ts';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const names = Object.keys(shells) as (keyof typeof shells)[];

/** Prints what a shell needs to complete these commands; the table is asked for late, since it holds this command too. */
export const completionOf = (commands: () => Commands) =>
  defineCommand({
    summary: `print what ${names.join(', ')} needs to complete commands and flags`,
    usage: names.join('|'),
    positionals: names,
    options: {},
    exitCodes: '0 printed; 64 the command line is wrong.',
    examples: [
      ['completion bash > /etc/bash_completion.d/health-injector', 'for every shell of the machine'],
      ['completion fish | source', 'for this shell only; bash and zsh take source <(...)'],
    ],
    run({ positionals, terminal }) {
      const name = names.find((shell) => shell === positionals[0]);
      if (!name || positionals.length > 1) {
        terminal.report(`Which shell? One of ${names.join(', ')}.\n`);
        return Promise.resolve(exitCode.usage);
      }
      terminal.print(shells[name](commands()));
      return Promise.resolve(exitCode.ok);
    },
  });
