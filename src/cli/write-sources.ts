import { writeFileSync } from 'node:fs';
import { type Option, type Terminal, exitCode } from './command.ts';
import type { ChangedSource } from './inject-source.ts';

/** The flag of the commands that can write what they read. */
export const inPlaceOption = {
  type: 'boolean',
  short: 'i',
  meaning: 'write the files rather than standard output',
} as const satisfies Option;

/** Prints changed sources, or writes those files that have changed; gives the exit code. */
export function writeSources(changed: readonly ChangedSource[], isInPlace: boolean, terminal: Terminal): number {
  if (!isInPlace) {
    terminal.print(changed.map(({ text }, index) => (index === 0 ? text : separated(text))).reduce(joined, ''));
    return exitCode.ok;
  }
  if (changed.some(({ source }) => source.path === undefined)) {
    terminal.report('Standard input cannot be written: --in-place is for files.\n');
    return exitCode.usage;
  }
  for (const { source, text } of changed) {
    const { path = '' } = source;
    if (text === source.text) continue;
    try {
      writeFileSync(path, text);
    } catch (error) {
      terminal.report(`${path} cannot be written: ${(error as Error).message}.\n`);
      return exitCode.unreadable;
    }
  }
  return exitCode.ok;
}

/** A text that follows another, in the same stream of documents. */
const separated = (text: string): string => (text.startsWith('---') ? text : `---\n${text.replace(/^\uFEFF/, '')}`);

const joined = (text: string, next: string): string =>
  text === '' || text.endsWith('\n') ? text + next : `${text}\n${next}`;
