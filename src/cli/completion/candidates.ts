import { type Command, type CommandOption, helpOption } from '../command.ts';

/** A flag with its name and what its value may be: a file, one of some words, anything, or no value at all. */
export type Flag = {
  readonly name: string;
  readonly short: string | undefined;
  readonly meaning: string;
  readonly takes: 'file' | 'anything' | readonly string[] | undefined;
};

/** The flags of a command as a shell has to know them. */
export const flagsOf = ({ options }: Command): Flag[] =>
  Object.entries({ ...options, help: helpOption } as Readonly<Record<string, CommandOption>>).map(([name, option]) => {
    const takes = typeof option.value === 'string' ? (option.value === 'FILE' ? 'file' : 'anything') : option.value;
    return { name, takes, short: option.short, meaning: option.meaning };
  });

/** A flag as it is typed, short form first. */
export const spellings = ({ short, name }: Flag): string[] => [
  ...(short === undefined ? [] : [`-${short}`]),
  `--${name}`,
];

/** What may stand in a place of a command line: words with their meanings, and whether a file may, too. */
export type Candidates = {
  readonly words: readonly (readonly [word: string, meaning: string])[];
  readonly files: boolean;
};

/** What may stand in the place of a command. */
export const programFlags = [
  ['--help', 'what the program is for'],
  ['--version', 'which one this is'],
] as const;

const none: Candidates = { words: [], files: false };

/** What the last of these words may become, the others being what stands before it; the name of the program is not among them. */
export function candidatesFor(words: readonly string[], commands: Readonly<Record<string, Command>>): Candidates {
  const [name = '', ...args] = words;
  const last = args.pop();
  if (last === undefined) {
    const names = Object.entries(commands).map(([word, { summary }]) => [word, summary] as const);
    return beginningWith(name, [...names, ...programFlags]);
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return none;
  const flags = flagsOf(command);
  const [, inline, begun] = /^(--[^=]+=)(.*)$/s.exec(last) ?? [];
  const spelled = inline?.slice(0, -1) ?? args.at(-1);
  const flag = flags.find((each) => spelled !== undefined && spellings(each).includes(spelled));
  if (flag?.takes !== undefined) return valuesOf(flag.takes, begun ?? last, inline ?? '');
  if (last.startsWith('-')) {
    const all = flags.flatMap((each) => spellings(each).map((word) => [word, each.meaning] as const));
    return beginningWith(last, all);
  }
  if (command.positionals === 'files') return { words: [], files: true };
  return beginningWith(
    last,
    command.positionals.map((word) => [word, '']),
  );
}

function valuesOf(takes: NonNullable<Flag['takes']>, begun: string, before: string): Candidates {
  if (takes === 'file') return { words: [], files: true };
  if (takes === 'anything') return none;
  return beginningWith(
    before + begun,
    takes.map((word) => [before + word, '']),
  );
}

const beginningWith = (begun: string, words: Candidates['words']): Candidates => ({
  words: words.filter(([word]) => word.startsWith(begun)),
  files: false,
});

/**
 * The same as kubectl wants it of a plugin: a line for each word with its meaning behind a tab, and a directive, of which 4
 * says that no file may stand there.
 * https://github.com/spf13/cobra/blob/main/completions.go
 */
export function kubectlCompletion({ words, files }: Candidates): string {
  const lines = words.map(([word, meaning]) => (meaning === '' ? word : `${word}\t${meaning}`));
  return [...lines, files ? ':0' : ':4', ''].join('\n');
}
