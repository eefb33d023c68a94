// https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html
import { type Commands, flagsOf, spellings } from './words.ts';

/** A completion script for bash; files are what it offers where nothing else fits. */
export function bashCompletion(commands: Commands): string {
  const values = Object.entries(commands).flatMap(([name, command]) =>
    flagsOf(command).flatMap((flag) => {
      const { takes } = flag;
      if (takes === undefined || takes === 'file') return [];
      const reply = takes === 'anything' ? 'compopt +o default' : words(takes);
      return [
        `    ${spellings(flag)
          .map((flagText) => `'${name} ${flagText}'`)
          .join(' | ')}) ${reply}; return ;;`,
      ];
    }),
  );
  const flags = Object.entries(commands).map(
    ([name, command]) => `    ${name}) ${words(flagsOf(command).flatMap(spellings))} ;;`,
  );
  const positionals = Object.entries(commands).flatMap(([name, command]) =>
    command.positionals === 'files' ? [] : [`    ${name}) compopt +o default; ${words(command.positionals)} ;;`],
  );
  return `# bash completion of health-injector: source <(health-injector completion bash)
_health_injector() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    compopt +o default
    ${words([...Object.keys(commands), '--help', '--version'])}
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

const words = (list: readonly string[]): string => `COMPREPLY=($(compgen -W '${list.join(' ')}' -- "$word"))`;
