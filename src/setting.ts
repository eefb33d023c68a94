import { parseArgs } from 'node:util';

/** A setting: its default and one line of meaning. */
export type SettingRow = { readonly value: string; readonly meaning: string };

/** What stands in flags, environment and defaults, and the mistakes that reading found. */
export type SettingReader<Name extends string> = {
  readonly get: (name: Name) => string;
  readonly read: <T>(name: Name, parse: (text: string) => T | undefined, expected: string, otherwise: T) => T;
  readonly flag: (name: Name) => boolean;
  /** One sentence for every mistake. */
  readonly mistakes: string[];
};

/** The environment variable that a setting is read from. */
export const variable = (name: string): string => `HEALTH_INJECTOR_${name.toUpperCase().replaceAll('-', '_')}`;

/** Reads flags, then environment variables, then the defaults of the rows. */
export function createSettingReader<Name extends string>(
  rows: Readonly<Record<Name, SettingRow>>,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): SettingReader<Name> {
  const options = Object.fromEntries(Object.keys(rows).map((name) => [name, { type: 'string' as const }]));
  const mistakes: string[] = [];
  let flags: Readonly<Record<string, unknown>> = {};
  try {
    flags = parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    mistakes.push(`${(error as Error).message}.`);
  }
  const get = (name: Name): string => String(flags[name] ?? env[variable(name)] ?? rows[name].value);
  const read = <T>(name: Name, parse: (text: string) => T | undefined, expected: string, otherwise: T): T => {
    const value = parse(get(name));
    if (value === undefined) mistakes.push(`--${name} is "${get(name)}", expected ${expected}.`);
    return value ?? otherwise;
  };
  const flag = (name: Name): boolean =>
    read(name, (text) => ({ true: true, false: false })[text], 'true or false', false);
  return { get, read, flag, mistakes };
}

/** The text of `--help`: every setting with its meaning and default. */
export function settingHelp(title: string, rows: Readonly<Record<string, SettingRow>>): string {
  const lines = Object.entries(rows).map(
    ([name, { value, meaning }]) => `  --${name.padEnd(30)}${meaning} (${value || 'none'})`,
  );
  return `${title}\n\n${lines.join('\n')}\n\nEach is also an environment variable: HEALTH_INJECTOR_LISTEN ...\n`;
}
