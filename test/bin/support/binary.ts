import { join } from 'node:path';
import { must } from '../../support/process.ts';
import { alone } from '../../support/alone.ts';

const root = new URL('../../../', import.meta.url).pathname;
let made: Promise<string> | undefined;

/** The single file, built once for this process from what the source is now. */
export const binary = (): Promise<string> => (made ??= build());

async function build(): Promise<string> {
  const file = join(root, 'dist/health-injector');
  // Test files that run beside each other would write the same file.
  await alone('binary', () => must(process.execPath, [join(root, 'build/binary.ts'), file]));
  return file;
}
