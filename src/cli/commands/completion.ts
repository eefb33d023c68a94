import { type Commands, UserError, defineCommand, exitCode, loadCommands } from '../command.ts';
import { candidatesFor, kubectlCompletion } from '../completion/candidates.ts';
import { bashCompletion, fishCompletion, zshCompletion } from '../completion/scripts.ts';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const names = Object.keys(shells) as (keyof typeof shells)[];

/** Prints what a shell needs to complete these commands; the table is asked for late, since it holds this command too. */
export const completionCommandOf = (commands: () => Commands) =>
  defineCommand({
    summary: `print what ${names.join(', ')} or kubectl needs to complete commands and flags`,
    usage: `${names.join('|')}|kubectl`,
    positionals: [...names, 'kubectl'],
    options: {},
    exitCodes: '0 printed; 64 the command line is wrong.',
    examples: [
      ['completion bash > /etc/bash_completion.d/health-injector', 'for every shell of the machine'],
      ['completion fish | source', 'for this shell only; bash and zsh take source <(...)'],
      [
        'completion kubectl -- lint --o',
        'what kubectl asks kubectl_complete-health for, which is this program by another name',
      ],
    ],
    async run({ positionals, terminal }) {
      const [asked, ...words] = positionals;
      if (asked === 'kubectl') {
        terminal.printText(kubectlCompletion(candidatesFor(words, await loadCommands(commands()))));
        return exitCode.ok;
      }
      const name = names.find((shell) => shell === asked);
      if (!name || words.length > 0) {
        throw new UserError(exitCode.usage, [`Which shell? One of ${names.join(', ')}, or kubectl.`]);
      }
      terminal.printText(shells[name](await loadCommands(commands())));
      return exitCode.ok;
    },
  });
