import type { parseArgs } from 'node:util';

/** A flag of a command: parseArgs reads it, help and completion tell of it. */
export type CommandOption = {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the help; the values themselves where there are only a few. */
  readonly value?: string | readonly string[];
  readonly meaning: string;
};

export type CommandOptions = Readonly<Record<string, CommandOption>>;

/** The values of flags as parseArgs gives them. */
export type Values<O extends CommandOptions> = ReturnType<typeof parseArgs<{ options: O; strict: true }>>['values'];

/** The world outside of a command; output.ts makes the one of a process. */
export type Terminal = {
  /** Writes lines for people to standard output. */
  readonly printLines: (lines: readonly string[]) => void;
  /** Writes a text for other programs to standard output, byte for byte; where people look at it, a line may be painted. */
  readonly printText: (text: string, paint?: (line: string) => string) => void;
  /** Writes a value as JSON to standard output. */
  readonly printJson: (value: unknown) => void;
  /** Writes lines to standard error. */
  readonly reportLines: (lines: readonly string[]) => void;
  readonly readStandardInput: () => Promise<Uint8Array>;
  /** What the user types to call the program. */
  readonly program: string;
  /** From the first call on, Ctrl-C and the end of the reader abort the signal, and do not end the process. */
  readonly untilInterrupted: () => AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** One call of a command, its flags read. */
type Invocation<O extends CommandOptions> = {
  readonly values: Values<O>;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
};

/** One command; a new one is a file and a line in `commands/index.ts`. */
export type Command<O extends CommandOptions = CommandOptions> = {
  readonly summary: string;
  /** What follows the name of the command. */
  readonly usage: string;
  /** What the positional arguments are, for completion. */
  readonly positionals: 'files' | readonly string[];
  readonly options: O;
  readonly exitCodes: string;
  /** Command lines without the name of the program, and what they do. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  run(invocation: Invocation<O>): Promise<number>;
};

/** The commands of a program by their names; each is loaded when it is asked for. */
export type Commands = Readonly<Record<string, () => Promise<Command>>>;

/** All of them. */
export async function loadCommands(commands: Commands): Promise<Readonly<Record<string, Command>>> {
  const load = async ([name, loadOne]: [string, Commands[string]]) => [name, await loadOne()] as const;
  return Object.fromEntries(await Promise.all(Object.entries(commands).map(load)));
}

/** Checks a command against the contract while its own flags keep their types. */
export const defineCommand = <const O extends CommandOptions>(command: Command<O>): Command<O> => command;

/** Every command has it. */
export const helpOption = { type: 'boolean', short: 'h', meaning: 'this help' } as const satisfies CommandOption;

/** `found`: there is something to mend; `unreadable`: input, cluster or file; `usage`: the command line is wrong. */
export const exitCode = { ok: 0, found: 1, unreadable: 2, usage: 64, bug: 70 } as const;

/** What ends a command before it has done its work, and is not a bug: sentences for standard error, and the exit code. */
export class UserError extends Error {
  readonly code: number;
  readonly sentences: readonly string[];

  constructor(code: number, sentences: readonly string[]) {
    super(sentences.join('\n'));
    this.code = code;
    this.sentences = sentences;
  }
}
