import { type Command, type CommandOption, helpOption } from './command.ts';

/** What the program is for, and its commands. */
export function programHelp(program: string, commands: Readonly<Record<string, Command>>): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => [name, summary] as const);
  return [
    `${program} COMMAND: health checks for Kubernetes manifests, as the webhook adds them to Pods`,
    '',
    ...table(rows),
    '',
    `${program} COMMAND --help says more, ${program} --version which one this is.`,
    '',
  ].join('\n');
}

/** All about one command. */
export function commandHelp(
  program: string,
  name: string,
  { summary, usage, options, exitCodes, examples }: Command,
): string {
  const flags = Object.entries({ ...options, help: helpOption } as Readonly<Record<string, CommandOption>>);
  return [
    `${program} ${name} ${usage}`.trimEnd(),
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    '',
    ...table(flags.map(([flag, option]) => [flagText(flag, option), option.meaning])),
    '',
    ...examples.flatMap(([line, meaning]) => [`  ${program} ${line}`, `      ${meaning}`]),
    '',
    `Exit code: ${exitCodes}`,
    '',
  ].join('\n');
}

function flagText(flag: string, { short, value }: CommandOption): string {
  const shown = typeof value === 'string' ? value : value?.join('|');
  return `${short === undefined ? '    ' : `-${short}, `}--${flag}${shown === undefined ? '' : ` ${shown}`}`;
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
}
