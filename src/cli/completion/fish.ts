// https://fishshell.com/docs/current/cmds/complete.html
import { type Commands, type Flag, flagsOf } from './words.ts';

/** A completion script for fish. */
export function fishCompletion(commands: Commands): string {
  const lines = Object.entries(commands).flatMap(([name, command]) => {
    const within = `-n '__fish_seen_subcommand_from ${name}'`;
    const { positionals } = command;
    const first = line(`-n __fish_use_subcommand -f -a ${name} -d ${quote(command.summary)}`);
    const flags = flagsOf(command).map((flag) => line(`${within} ${flagText(flag)}`));
    return [
      first,
      flags,
      positionals === 'files' ? [] : line(`${within} -f -a ${quote(positionals.join(' '))}`),
    ].flat();
  });
  return `# fish completion of health-injector: health-injector completion fish | source\n${lines.join('')}`;
}

const line = (rest: string): string => `complete -c health-injector ${rest}\n`;

function flagText({ name, short, meaning, takes }: Flag): string {
  const value =
    takes === undefined
      ? ''
      : takes === 'file'
        ? ' -r -F'
        : takes === 'anything'
          ? ' -x'
          : ` -x -a ${quote(takes.join(' '))}`;
  return `${short === undefined ? '' : `-s ${short} `}-l ${name}${value} -d ${quote(meaning)}`;
}

const quote = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
