import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../agent/support/cache.ts';
import { alone } from './alone.ts';

const run = promisify(execFile);

/** Installs those of these Debian packages that this machine lacks. */
export async function install(packages: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of packages) if (!(await isThere(name))) missing.push(name);
  if (missing.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const bring = () => run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], { env });
  // apt-get gives up where another one runs. Its lists are read again only where they are missing or too old: that takes seconds.
  await alone('apt', () => bring().catch(() => run('apt-get', ['update', '-q'], { env }).then(bring)));
}

/** Sees to it that this program is there, from this Debian package where nothing else has brought it. */
export async function needProgram(program: string, debianPackage: string): Promise<void> {
  if (isOnPath(program)) return;
  await install([debianPackage]).catch(
    cannot(`${program} is not on the PATH, and ${debianPackage} cannot be installed`),
  );
}

/** The path of a program; where there is none, out of this Debian package, which is unpacked only: its daemon is not started. */
export async function programOf(program: string, debianPackage: string): Promise<string> {
  if (isOnPath(program)) return program;
  const unpacked = await cached('unpacked', [debianPackage], async (unfinished) => {
    await alone('apt', () => run('apt-get', ['update', '-q']));
    await run('apt-get', ['download', '-q', debianPackage], { cwd: unfinished });
    for (const file of readdirSync(unfinished)) await run('dpkg-deb', ['-x', file, '.'], { cwd: unfinished });
  }).catch(cannot(`${program} is not on the PATH, and ${debianPackage} cannot be unpacked`));
  return join(unpacked, 'usr/bin', program);
}

const cannot =
  (sentence: string) =>
  (error: Error): never => {
    throw new Error(`${sentence}: ${error.message.split('\n')[0]}`, { cause: error });
  };

const isOnPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const isThere = (name: string): Promise<boolean> =>
  run('dpkg', ['-s', name]).then(
    ({ stdout }) => stdout.includes('\nStatus: install ok installed\n'),
    () => false,
  );

// `node test/support/packages.ts PACKAGE...` installs them.
if (import.meta.main) await install(process.argv.slice(2));
