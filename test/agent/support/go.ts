import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../../support/process.ts';
import { cached } from './cache.ts';
import { needProgram } from '../../support/packages.ts';

/** Builds a program, `what`, of the Go module in `folder`, once for what the folder holds, and gives back its path. */
export async function buildGo(folder: string, what: string): Promise<string> {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'));
  const directory = await cached('go', [what, ...sources], async (unfinished) => {
    await needProgram('go', 'golang-go');
    const flags = ['-trimpath', '-buildvcs=false', '-o', join(unfinished, 'program')];
    const { code, errors } = await runToEnd('go', ['build', '-C', folder, ...flags, what]);
    if (code !== 0) throw new Error(`Go could not build ${what} of ${folder}: ${errors.trimEnd()}`);
  });
  return join(directory, 'program');
}
