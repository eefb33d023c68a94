// https://nodejs.org/api/util.html#utilparseargsconfig
import { parseArgs } from 'node:util';
import { version } from '../config/options.ts';
import {
  type CommandOptions,
  type Commands,
  type Terminal,
  UserError,
  type Values,
  exitCode,
  helpOption,
  loadCommands,
} from './command.ts';
import { commandHelp, programHelp } from './help.ts';
import { suggest } from '../wording/suggest.ts';

/** Runs one command line against a table of commands, and gives the exit code. */
export async function run([name, ...args]: readonly string[], commands: Commands, terminal: Terminal): Promise<number> {
  try {
    switch (name) {
      case '--version':
      case 'version':
        terminal.printLines([`health-injector ${version}`]);
        return exitCode.ok;
      case '--help':
      case '-h':
      case 'help':
        terminal.printText(programHelp(terminal.program, await loadCommands(commands)));
        return exitCode.ok;
      case undefined:
        throw new UserError(
          exitCode.usage,
          programHelp(terminal.program, await loadCommands(commands))
            .trimEnd()
            .split('\n'),
        );
      default: {
        const command = Object.hasOwn(commands, name) ? await commands[name]?.() : undefined;
        if (!command) throw unknownCommand(name, Object.keys(commands));
        const flags = parseFlags(args, command.options);
        if (!('help' in flags.values)) return await command.run({ ...flags, terminal });
        terminal.printText(commandHelp(terminal.program, name, command));
        return exitCode.ok;
      }
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    terminal.reportLines(error.sentences);
    return error.code;
  }
}

function unknownCommand(name: string, names: readonly string[]): UserError {
  const near = suggest(name, names);
  const what = name.startsWith('-') ? `A command comes first, but ${name} came` : `There is no command ${name}`;
  return new UserError(exitCode.usage, [`${what}${near === undefined ? '.' : `: did you mean ${near}?`}`]);
}

/** What a command line says: its flags and the rest. */
type Flags<O extends CommandOptions> = { readonly values: Values<O>; readonly positionals: readonly string[] };

/**
 * Reads the flags of a command, or throws the `UserError` that says what is wrong. The library's own strict mode has no
 * sentence that a user could read, so its tokens are looked through here.
 */
export function parseFlags<O extends CommandOptions>(args: readonly string[], options: O): Flags<O> {
  const all: CommandOptions = { ...options, help: helpOption };
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: all,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    const mistake = token.kind === 'option' ? mistakeIn(token, all) : undefined;
    if (mistake !== undefined) throw new UserError(exitCode.usage, [mistake]);
  }
  return { values: values as Values<O>, positionals };
}

type Token = {
  readonly rawName: string;
  readonly name: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
};

function mistakeIn({ rawName, name, value, inlineValue }: Token, options: CommandOptions): string | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) return unknownFlag(rawName, options);
  if (option.type === 'boolean') return value === undefined ? undefined : `${rawName} takes no value.`;
  if (value === undefined || (!inlineValue && /^-./.test(value))) return `${rawName} needs a value.`;
  if (!Array.isArray(option.value) || option.value.includes(value)) return undefined;
  return `${rawName} is "${value}", expected one of ${option.value.join(', ')}.`;
}

function unknownFlag(rawName: string, options: CommandOptions): string {
  const near = suggest(rawName.replace(/^-+/, ''), rawName.startsWith('--') ? Object.keys(options) : []);
  return `There is no flag ${rawName}${near === undefined ? '.' : `: did you mean --${near}?`}`;
}
