// https://nodejs.org/api/util.html#utilparseargsconfig
import { parseArgs } from 'node:util';
import type { Options, Values } from './command.ts';
import { nearest } from './nearest.ts';

/** What a command line says: its flags and the rest. */
export type Flags<O extends Options> = { readonly values: Values<O>; readonly positionals: readonly string[] };

/** Every command has it. */
export const helpOption = { type: 'boolean', short: 'h', meaning: 'this help' } as const;

/**
 * Reads the flags of a command; a string is the one sentence that says what is wrong. The library's own strict mode
 * has no sentence that a user could read, so its tokens are looked through here.
 */
export function parseFlags<O extends Options>(args: readonly string[], options: O): Flags<O> | string {
  const all: Options = { ...options, help: helpOption };
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: all,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { rawName, name, value, inlineValue } = token;
    const option = Object.hasOwn(all, name) ? all[name] : undefined;
    if (!option) return unknownFlag(rawName, all);
    if (option.type === 'boolean' && value !== undefined) return `${rawName} takes no value.`;
    if (option.type === 'string') {
      const isMissing = value === undefined || (!inlineValue && /^-./.test(value));
      if (isMissing) return `${rawName} needs a value.`;
      if (Array.isArray(option.value) && !option.value.includes(value)) {
        return `${rawName} is "${value}", expected ${option.value.join(' or ')}.`;
      }
    }
  }
  return { values: values as Values<O>, positionals };
}

function unknownFlag(rawName: string, options: Options): string {
  const near = nearest(rawName.replace(/^-+/, ''), rawName.startsWith('--') ? Object.keys(options) : []);
  return `There is no flag ${rawName}${near === undefined ? '.' : `: did you mean --${near}?`}`;
}
