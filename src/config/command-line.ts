import { parseArgs } from 'node:util';
import { type Environment, type OptionResult, type OptionValues, type Options, readOptions } from './options.ts';

/** Reads the flags of a command line that has nothing else, then environment variables, then the defaults. */
export function readCommandLine<O extends Options>(
  options: O,
  args: readonly string[],
  env: Environment,
): OptionResult<OptionValues<O>> {
  const flags = Object.fromEntries(Object.keys(options).map((name) => [name, { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ args: [...args], options: flags, strict: true });
    return readOptions(options, values as { readonly [Name in keyof O]?: string }, env);
  } catch (error) {
    return { problems: [`${(error as Error).message}.`] };
  }
}
