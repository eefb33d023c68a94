import { type Refusal, isRefusal, quote } from '../../check/check.ts';
import type { V1Container } from '@kubernetes/client-node';
import { type Expand, unknownText } from './expansion.ts';
import { noGuess } from './guess.ts';
import { type Word, readShellCommand } from './shell.ts';

/** What a container runs: the program by its base name, or undefined where that is the image's own; and its arguments. */
export type CommandLine = { readonly program: string | undefined; readonly words: readonly Word[] };

const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'ash', 'dash']);

/** Programs that start another one, by how many words belong to them besides those that begin with a dash. */
const starters: ReadonlyMap<string, number> = new Map([
  ['exec', 0],
  ['tini', 0],
  ['tini-static', 0],
  ['dumb-init', 0],
  ['catatonit', 0],
  ['nice', 0],
  ['numactl', 0],
  ['gosu', 1],
  ['su-exec', 1],
]);

/** The images' own starting programs: what follows is what they get in `args`. */
const entrypoints: ReadonlySet<string> = new Set(['docker-entrypoint.sh', 'docker-entrypoint', 'entrypoint.sh']);

/** A wrapper in a wrapper is looked into this often. */
const deepest = 8;

/** Reads `command` and `args`. Where `args` begins with an option, the image's entrypoint gets it. */
export function commandLineOf({ command, args }: V1Container, expand: Expand): CommandLine | Refusal {
  let words = [...(command ?? []), ...(args ?? [])].map((word): Word => ({ raw: `${word}`, text: expand(`${word}`) }));
  for (let depth = 0; depth < deepest; depth++) {
    const [first, ...rest] = words;
    if (first === undefined || (depth === 0 && !command?.length && isOptionOrSetting(first)))
      return { program: undefined, words };
    const program = baseProgram(first.text);
    if (program.includes(unknownText)) return noGuess('its command is not known');
    if (shells.has(program)) {
      const inner = readShellCommand(rest, expand);
      if (isRefusal(inner)) return inner;
      words = [...inner];
    } else if (entrypoints.has(program)) {
      if (rest.length === 0 || isOptionOrSetting(rest[0] as Word)) return { program: undefined, words: rest };
      words = rest;
    } else if (starters.has(program)) {
      const options = rest.findIndex((word) => !isOptionOrSetting(word));
      words = options < 0 ? [] : rest.slice(options + (starters.get(program) ?? 0));
      if (words.length === 0) return runsOther(program);
    } else return { program, words: rest };
  }
  return noGuess('its command starts too many others');
}

/** A refusal because of what the container runs. */
export const runsOther = (program: string): Refusal => noGuess(`its command runs ${quote(program)}`);

/** An option, or a setting as grafana has it. */
export const isOptionOrSetting = ({ text }: Word): boolean => text.startsWith('-') || text.startsWith('cfg:');

const baseProgram = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
