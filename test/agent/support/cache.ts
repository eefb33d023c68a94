import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { alone } from '../../support/alone.ts';

/** A directory that `make` fills once for these words, and that other files and later runs of the tests find as it left it. */
export async function cached(
  kind: string,
  words: readonly string[],
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const parent = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'health-injector-test', kind);
  const made = join(parent, createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 16));
  if (!existsSync(made)) await alone(kind, async () => existsSync(made) || fill(parent, made, make));
  return made;
}

async function fill(parent: string, made: string, make: (directory: string) => Promise<void>): Promise<void> {
  mkdirSync(parent, { recursive: true });
  const draft = mkdtempSync(join(parent, 'draft-'));
  try {
    await make(draft);
    renameSync(draft, made);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}
