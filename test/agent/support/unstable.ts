import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../support/process.ts';

/** A tree of programs that run with the libraries of their own tree. */
export type Tree = {
  /** What to start, and the arguments before those of the program itself. */
  readonly command: (program: string) => readonly [string, ...string[]];
};

/**
 * Unpacks these packages of Debian's unstable and all that they need, without a change to the machine.
 * They come from the mirror that apt has for the release of the machine, and apt checks their signatures.
 */
export async function unpackUnstable(directory: string, packages: readonly string[]): Promise<void> {
  const apt = join(directory, 'apt');
  const archives = join(apt, 'archives');
  for (const part of ['lists/partial', 'archives/partial']) mkdirSync(join(apt, part), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(join(apt, 'sources.list'), `deb [signed-by=${keys}] ${await mirror()} unstable main\n`);
  writeFileSync(join(apt, 'status'), '');
  const settings = [
    `Dir::State=${apt}`,
    `Dir::State::status=${apt}/status`,
    `Dir::Cache=${apt}`,
    `Dir::Etc::sourcelist=${apt}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  await must('apt-get', [...settings, 'update', '-q']);
  const only = ['install', '-y', '-q', '--no-install-recommends', '--download-only'];
  await must('apt-get', [...settings, ...only, ...packages]);
  for (const archive of readdirSync(archives)) {
    if (archive.endsWith('.deb') && !/^(lib)?perl/.test(archive))
      await must('dpkg-deb', ['--extract', join(archives, archive), directory]);
  }
  rmSync(apt, { recursive: true });
}

/** The tree that `unpackUnstable` made of a directory. */
export function treeOf(directory: string): Tree {
  const [libraries] = readdirSync(join(directory, 'usr/lib'))
    .filter((name) => name.includes('-linux-gnu'))
    .map((name) => join(directory, 'usr/lib', name));
  const loader = libraries && readdirSync(libraries).find((name) => name.startsWith('ld-linux'));
  if (!loader) throw new Error(`${directory} has no loader of programs: remove it, and it is made anew.`);
  return {
    command: (program) => [join(libraries, loader), '--library-path', libraries, join(directory, program)],
  };
}

async function mirror(): Promise<string> {
  const found = await must('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']);
  const uri = found.split('\n').find((line) => /\/debian\/?$/.test(line));
  if (!uri) throw new Error('apt on this machine has no mirror of Debian.');
  return uri;
}
