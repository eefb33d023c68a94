import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pollFiles } from '../config/poll-file.ts';
import type { Issued } from './issue.ts';

/** Reads `tls.crt` and `tls.key` of a folder; throws where they are not there. */
export const readKeyPair = (directory: string): Issued => ({
  cert: readFileSync(join(directory, 'tls.crt'), 'utf8'),
  key: readFileSync(join(directory, 'tls.key'), 'utf8'),
});

/** Writes `tls.crt` and `tls.key` into a folder, which it makes; only the owner may read the key. */
export function writeKeyPair(directory: string, { cert, key }: Issued): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'tls.crt'), cert);
  writeFileSync(join(directory, 'tls.key'), key, { mode: 0o600 });
}

/**
 * Calls `changed` with the new pair each time that one of its files changes, until the call that it returns. A pair that cannot be read,
 * or that `changed` throws at, is tried again until it can be taken: of one that is written file by file the other half may be still to
 * come. `failed` is told once.
 */
export function watchKeyPair(
  directory: string,
  changed: (pair: Issued) => void,
  failed: (error: unknown) => void,
  intervalMs?: number,
): () => void {
  let told: string | undefined;
  const take = (): boolean => {
    try {
      changed(readKeyPair(directory));
      told = undefined;
      return true;
    } catch (error) {
      const message = String(error);
      if (message !== told) failed(error);
      told = message;
      return false;
    }
  };
  return pollFiles([join(directory, 'tls.crt'), join(directory, 'tls.key')], take, intervalMs);
}
