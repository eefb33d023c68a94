import type { parseArgs } from 'node:util';

/** A flag of a command: parseArgs reads it, help and completion tell of it. */
export type Option = {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the help; the values themselves where there are only a few. */
  readonly value?: string | readonly string[];
  readonly meaning: string;
};

export type Options = Readonly<Record<string, Option>>;

/** The values of flags as parseArgs gives them. */
export type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O; strict: true }>>['values'];

/** The world outside of a command. */
export type Terminal = {
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** Writes to standard error. */
  readonly report: (text: string) => void;
  readonly readStandardInput: () => Promise<Uint8Array>;
  readonly isColoured: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** One call of a command, its flags read. */
export type Invocation<O extends Options> = {
  readonly values: Values<O>;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
};

/** One command; a new one is a file and a line in `commands/index.ts`. */
export type Command<O extends Options = Options> = {
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

/** Checks a command against the contract while its own flags keep their types. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command<O> => command;

/** What the program ends with: all is well, something was found, the input is unreadable, the call is wrong. */
export const exitCode = { ok: 0, found: 1, unreadable: 2, usage: 64, bug: 70 } as const;
