import { mkdirSync, readFileSync, unwatchFile, watchFile, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Issued } from './issue.ts';

/** How often the files are looked at; a Secret's volume is updated by the kubelet within a minute or so. */
const pollMs = 10_000;

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
  intervalMs: number = pollMs,
): () => void {
  const file = join(directory, 'tls.crt');
  const look = (): void => {
    try {
      changed(readKeyPair(directory));
    } catch (error) {
      failed(error);
    }
  };
  // Polling, because a Secret's volume changes by renaming a symbolic link, which a watch of the file never sees.
  watchFile(file, { interval: intervalMs, persistent: false }, look);
  return () => unwatchFile(file, look);
}
