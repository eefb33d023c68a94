import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pollFiles } from '../config/poll-file.ts';
import { type KeyPair, issueAuthority, issueServingCertificate } from './pki.ts';
import { readCertificate, validityOf } from './x509.ts';
import { isDue } from './rotation.ts';

/** Reads `tls.crt` and `tls.key` of a folder; throws where they are not there. */
export const readKeyPair = (directory: string): KeyPair => ({
  cert: readFileSync(join(directory, 'tls.crt'), 'utf8'),
  key: readFileSync(join(directory, 'tls.key'), 'utf8'),
});

/** Writes `tls.crt` and `tls.key` into a folder, which it makes; only the owner may read the key. */
export function writeKeyPair(directory: string, { cert, key }: KeyPair): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'tls.crt'), cert);
  writeFileSync(join(directory, 'tls.key'), key, { mode: 0o600 });
}

/**
 * Calls `onChange` with the new pair whenever one of its files changes, until the returned call. A pair that cannot be read,
 * or that `onChange` throws at, is tried again until it is taken: the other file may still be to come. `onError` is called
 * once for each different error.
 */
export function watchKeyPair(
  directory: string,
  onChange: (pair: KeyPair) => void,
  onError: (error: unknown) => void,
  intervalMs?: number,
): () => void {
  let lastMessage: string | undefined;
  const reload = (): boolean => {
    try {
      onChange(readKeyPair(directory));
      lastMessage = undefined;
      return true;
    } catch (error) {
      const message = String(error);
      if (message !== lastMessage) onError(error);
      lastMessage = message;
      return false;
    }
  };
  return pollFiles([join(directory, 'tls.crt'), join(directory, 'tls.key')], reload, intervalMs);
}

/** The certificate for loopback in `directory`, made where it is missing or old; its CA is beside it for clients. */
export function developmentCertificate(directory: string, now: Date): KeyPair {
  const present = tryReadKeyPair(directory);
  const certificate = present && readCertificate(present.cert);
  if (certificate && !isDue(validityOf(certificate), now.getTime())) return present;
  const authority = issueAuthority('health-injector development', now);
  const pair = issueServingCertificate(authority, ['localhost', '127.0.0.1', '::1'], { now, days: 90 });
  writeKeyPair(directory, pair);
  writeFileSync(join(directory, 'ca.crt'), authority.cert);
  return pair;
}

function tryReadKeyPair(directory: string): KeyPair | undefined {
  try {
    return readKeyPair(directory);
  } catch {
    return undefined;
  }
}
