import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followFile } from '../follow-file.ts';
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

/** Calls `changed` with the new pair each time that the certificate of a folder changes, until the call that it returns. */
export function watchKeyPair(
  directory: string,
  changed: (pair: Issued) => void,
  failed: (error: unknown) => void,
  intervalMs?: number,
): () => void {
  const look = (): void => {
    try {
      changed(readKeyPair(directory));
    } catch (error) {
      failed(error);
    }
  };
  return followFile(join(directory, 'tls.crt'), look, intervalMs);
}
