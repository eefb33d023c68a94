// https://docs.docker.com/reference/dockerfile/
import { posix } from 'node:path';

/** An instruction and what follows it, continued lines joined. */
export type Instruction = { readonly word: string; readonly rest: string };

/** A stage: what it begins from, its name if it has one, and its instructions. */
export type Stage = {
  readonly from: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
};

/** The stages of a Dockerfile; throws where a line is none that it knows. */
export function stagesOf(dockerfile: string): readonly Stage[] {
  const lines = dockerfile
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter(Boolean);
  const stages: { from: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, word, rest] = /^([A-Z]+) +(.+)$/.exec(line) ?? [];
    if (!word || !rest) throw new Error(`${line} is no instruction`);
    const [, from, name] = (word === 'FROM' && /^(?:--platform=\S+ )?(\S+)(?: AS (\S+))?$/.exec(rest)) || [];
    if (from) stages.push({ from, name, instructions: [] });
    else if (stages.length === 0) throw new Error(`${line} is before the first stage`);
    else stages.at(-1)!.instructions.push({ word, rest });
  }
  return stages;
}

/** What a stage copies out of the context of its build. */
export const copiedFromContext = ({ instructions }: Stage): string[] =>
  instructions
    .filter(({ word, rest }) => word === 'COPY' && !rest.includes('--from='))
    .flatMap(({ rest }) =>
      rest
        .split(/ +/)
        .filter((each) => !each.startsWith('--'))
        .slice(0, -1),
    );

/** Whether a file of the context is withheld by this .dockerignore: the last pattern of it, or of a folder above it, decides. */
export function isIgnored(file: string, dockerignore: string): boolean {
  let ignored = false;
  for (const line of dockerignore.split('\n')) {
    if (!line || line.startsWith('#')) continue;
    const isException = line.startsWith('!');
    const pattern = patternOf(posix.normalize(isException ? line.slice(1) : line));
    for (let path = file; path !== '.'; path = posix.dirname(path)) {
      if (pattern.test(path)) ignored = !isException;
    }
  }
  return ignored;
}

/** As Go's filepath.Match and `**` have it: a star takes dots too, which a shell's does not. */
const patternOf = (glob: string): RegExp =>
  new RegExp(
    `^${glob.replaceAll(/[.+^$()|{}]/g, String.raw`\$&`).replaceAll(/(\*\*)|\*/g, (_, both) => (both ? '.*' : '[^/]*'))}$`,
  );
