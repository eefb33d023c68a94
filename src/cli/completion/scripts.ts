import type { Command } from '../command.ts';
import { type Flag, flagsOf, programFlags, spellings } from './candidates.ts';

type Commands = Readonly<Record<string, Command>>;

// https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html

/** A completion script for bash; files are what it offers where nothing else fits. */
export function bashCompletion(commands: Commands): string {
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
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  # --output=json is three words to bash.
  if [ "$word" = = ]; then
    word=
  elif [ "$previous" = = ]; then
    previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    compopt +o default
    ${compgen([...Object.keys(commands), ...programFlags.map(([flag]) => flag)])}
    return
  fi
  case "$command $previous" in
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
export function zshCompletion(commands: Commands): string {
  const summaries = Object.entries(commands).map(([name, { summary }]) => `    ${quoteForZsh(`${name}:${summary}`)}`);
  const cases = Object.entries(commands).map(([name, command]) => {
    const { positionals } = command;
    const rest = quoteForZsh(positionals === 'files' ? '*:file:_files' : `1:value:(${positionals.join(' ')})`);
    return `    ${name}) _arguments ${[...flagsOf(command).map(specification), rest].join(' \\\n      ')} ;;`;
  });
  return `#compdef health-injector
# zsh completion of health-injector: source <(health-injector completion zsh)
_health_injector() {
  local -a commands flags
  commands=(
${summaries.join('\n')}
  )
  flags=(${programFlags.map((flag) => quoteForZsh(flag.join(':'))).join(' ')})
  if (( CURRENT == 2 )); then
    _describe command commands
    _describe -o flag flags
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
export function fishCompletion(commands: Commands): string {
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
  const first = programFlags.map(([flag, meaning]) =>
    line(`-n __fish_use_subcommand -l ${flag.slice(2)} -d ${quoteForFish(meaning)}`),
  );
  return `# fish completion of health-injector: health-injector completion fish | source\n${[...first, ...lines].join('')}`;
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
