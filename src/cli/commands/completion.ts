import {
  type Command,
  type CommandOption,
  type Commands as Loaders,
  UserError,
  defineCommand,
  exitCode,
  helpOption,
  loadCommands,
} from '../command.ts';

type Commands = Readonly<Record<string, Command>>;

/** A flag with its name and what its value may be: a file, one of some words, anything, or no value at all. */
type Flag = {
  readonly name: string;
  readonly short: string | undefined;
  readonly meaning: string;
  readonly takes: 'file' | 'anything' | readonly string[] | undefined;
};

/** The flags of a command as a shell has to know them. */
const flagsOf = ({ options }: Command): Flag[] =>
  Object.entries({ ...options, help: helpOption } as Readonly<Record<string, CommandOption>>).map(([name, option]) => {
    const takes = typeof option.value === 'string' ? (option.value === 'FILE' ? 'file' : 'anything') : option.value;
    return { name, takes, short: option.short, meaning: option.meaning };
  });

/** A flag as it is typed, short form first. */
const spellings = ({ short, name }: Flag): string[] => [...(short === undefined ? [] : [`-${short}`]), `--${name}`];

// https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html

/** A completion script for bash; files are what it offers where nothing else fits. */
function bashCompletion(commands: Commands): string {
  const values = Object.entries(commands).flatMap(([name, command]) =>
    flagsOf(command).flatMap((flag) => {
      const { takes } = flag;
      if (takes === undefined || takes === 'file') return [];
      const reply = takes === 'anything' ? 'compopt +o default' : compgen(takes);
      return [
        `    ${spellings(flag)
          .map((typed) => `'${name} ${typed}'`)
          .join(' | ')}) ${reply}; return ;;`,
      ];
    }),
  );
  const flags = Object.entries(commands).map(
    ([name, command]) => `    ${name}) ${compgen(flagsOf(command).flatMap(spellings))} ;;`,
  );
  const positionals = Object.entries(commands).flatMap(([name, command]) =>
    command.positionals === 'files' ? [] : [`    ${name}) compopt +o default; ${compgen(command.positionals)} ;;`],
  );
  return `# bash completion of health-injector: source <(health-injector completion bash)
_health_injector() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    compopt +o default
    ${compgen([...Object.keys(commands), '--help', '--version'])}
    return
  fi
  case "$command \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
  esac
  if [ "\${word:0:1}" = - ]; then
    case "$command" in
${flags.join('\n').replaceAll(/^/gm, '  ')}
    esac
    return
  fi
  case "$command" in
${positionals.join('\n')}
  esac
}
complete -o default -F _health_injector health-injector
`;
}

const compgen = (list: readonly string[]): string => `COMPREPLY=($(compgen -W '${list.join(' ')}' -- "$word"))`;

// https://zsh.sourceforge.io/Doc/Release/Completion-System.html

/** A completion script for zsh, to be sourced or to lie in a folder of $fpath as _health-injector. */
function zshCompletion(commands: Commands): string {
  const summaries = Object.entries(commands).map(([name, { summary }]) => `    ${quoteForZsh(`${name}:${summary}`)}`);
  const cases = Object.entries(commands).map(([name, command]) => {
    const { positionals } = command;
    const rest = quoteForZsh(positionals === 'files' ? '*:file:_files' : `1:value:(${positionals.join(' ')})`);
    return `    ${name}) _arguments ${[...flagsOf(command).map(specification), rest].join(' \\\n      ')} ;;`;
  });
  return `#compdef health-injector
# zsh completion of health-injector: source <(health-injector completion zsh)
_health_injector() {
  local -a commands
  commands=(
${summaries.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _health-injector ]]; then
  _health_injector "$@"
else
  compdef _health_injector health-injector
fi
`;
}

function specification(flag: Flag): string {
  const { meaning, takes } = flag;
  const names = spellings(flag).map((name) => (takes !== undefined && name.startsWith('--') ? `${name}=` : name));
  const about = `[${meaning.replaceAll(/[[\]\\]/g, '\\$&')}]`;
  const value = takes === undefined ? '' : takes === 'file' ? ':file:_files' : valueOf(takes);
  return `'*'${names.length > 1 ? `{${names.join(',')}}` : names.join('')}${quoteForZsh(about + value)}`;
}

const valueOf = (takes: 'anything' | readonly string[]): string =>
  takes === 'anything' ? ':value: ' : `:value:(${takes.join(' ')})`;

const quoteForZsh = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

// https://fishshell.com/docs/current/cmds/complete.html

/** A completion script for fish. */
function fishCompletion(commands: Commands): string {
  const lines = Object.entries(commands).flatMap(([name, command]) => {
    const within = `-n '__fish_seen_subcommand_from ${name}'`;
    const { positionals } = command;
    const first = line(`-n __fish_use_subcommand -f -a ${name} -d ${quoteForFish(command.summary)}`);
    const flags = flagsOf(command).map((flag) => line(`${within} ${flagText(flag)}`));
    return [
      first,
      flags,
      positionals === 'files' ? [] : line(`${within} -f -a ${quoteForFish(positionals.join(' '))}`),
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
          : ` -x -a ${quoteForFish(takes.join(' '))}`;
  return `${short === undefined ? '' : `-s ${short} `}-l ${name}${value} -d ${quoteForFish(meaning)}`;
}

const quoteForFish = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const names = Object.keys(shells) as (keyof typeof shells)[];

/** Prints what a shell needs to complete these commands; the table is asked for late, since it holds this command too. */
export const completionCommandOf = (commands: () => Loaders) =>
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
    async run({ positionals, terminal }) {
      const name = names.find((shell) => shell === positionals[0]);
      if (!name || positionals.length > 1) {
        throw new UserError(exitCode.usage, [`Which shell? One of ${names.join(', ')}.`]);
      }
      terminal.printText(shells[name](await loadCommands(commands())));
      return exitCode.ok;
    },
  });
