import { version } from '../config/options.ts';
import { type Command, type Terminal, exitCode } from './command.ts';
import { commandHelp, programHelp } from './help.ts';
import { nearest } from './nearest.ts';
import { parseFlags } from './parse-flags.ts';

/** Runs one command line against a table of commands, and gives the exit code. */
export async function run(
  [name, ...args]: readonly string[],
  commands: Readonly<Record<string, Command>>,
  terminal: Terminal,
): Promise<number> {
  if (name === undefined) {
    terminal.report(programHelp(commands));
    return exitCode.usage;
  }
  if (name === '--version') {
    terminal.print(`health-injector ${version}\n`);
    return exitCode.ok;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    terminal.print(programHelp(commands));
    return exitCode.ok;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const near = nearest(name, Object.keys(commands));
    const what = name.startsWith('-') ? `A command comes first, but ${name} came` : `There is no command ${name}`;
    terminal.report(`${what}${near === undefined ? '.' : `: did you mean ${near}?`}\n`);
    return exitCode.usage;
  }
  const flags = parseFlags(args, command.options);
  if (typeof flags === 'string') {
    terminal.report(`${flags}\n`);
    return exitCode.usage;
  }
  if ('help' in flags.values) {
    terminal.print(commandHelp(name, command));
    return exitCode.ok;
  }
  return command.run({ ...flags, terminal });
}
