import type { Command, Option } from '../command.ts';
import { helpOption } from '../parse-flags.ts';

export type Commands = Readonly<Record<string, Command>>;

/** A flag with its name and what its value may be: a file, one of some words, anything, or no value at all. */
export type Flag = {
  readonly name: string;
  readonly short: string | undefined;
  readonly meaning: string;
  readonly takes: 'file' | 'anything' | readonly string[] | undefined;
};

/** The flags of a command as a shell has to know them. */
export const flagsOf = ({ options }: Command): Flag[] =>
  Object.entries({ ...options, help: helpOption } as Readonly<Record<string, Option>>).map(([name, option]) => {
    const takes = typeof option.value === 'string' ? (option.value === 'FILE' ? 'file' : 'anything') : option.value;
    return { name, takes, short: option.short, meaning: option.meaning };
  });

/** A flag as it is typed, short form first. */
export const spellings = ({ short, name }: Flag): string[] => [
  ...(short === undefined ? [] : [`-${short}`]),
  `--${name}`,
];
