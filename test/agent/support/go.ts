import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../../support/process.ts';
import { cached } from './cache.ts';
import { needProgram } from '../../support/packages.ts';

/**
 * How the tests build Go. These programs run for moments, and building them is what takes minutes on a new machine: nothing is optimised,
 * and no C is compiled.
 */
export const goEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  CGO_ENABLED: '0',
  GOFLAGS: '-trimpath -buildvcs=false -ldflags=-s -ldflags=-w "-gcflags=all=-N -l"',
};

/** Builds a program, `what`, of the Go module in `folder`, once for what the folder holds, and gives back its path. */
export async function buildGo(folder: string, what: string): Promise<string> {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'));
  const directory = await cached('go', [what, ...sources], async (unfinished) => {
    await needProgram('go', 'golang-go');
    const args = ['build', '-C', folder, '-o', join(unfinished, 'program'), what];
    const { code, errors } = await runToEnd('go', args, { env: goEnvironment });
    if (code !== 0) throw new Error(`Go could not build ${what} of ${folder}: ${errors.trimEnd()}`);
  });
  return join(directory, 'program');
}
