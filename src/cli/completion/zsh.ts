// https://zsh.sourceforge.io/Doc/Release/Completion-System.html
import { type Commands, type Flag, flagsOf, spellings } from './words.ts';

/** A completion script for zsh, to be sourced or to lie in a folder of $fpath as _health-injector. */
export function zshCompletion(commands: Commands): string {
  const summaries = Object.entries(commands).map(([name, { summary }]) => `    ${quote(`${name}:${summary}`)}`);
  const cases = Object.entries(commands).map(([name, command]) => {
    const { positionals } = command;
    const rest = quote(positionals === 'files' ? '*:file:_files' : `1:value:(${positionals.join(' ')})`);
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
  return `'*'${names.length > 1 ? `{${names.join(',')}}` : names.join('')}${quote(about + value)}`;
}

const valueOf = (takes: 'anything' | readonly string[]): string =>
  takes === 'anything' ? ':value: ' : `:value:(${takes.join(' ')})`;

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
