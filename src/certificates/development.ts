import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKeyPair, writeKeyPair } from './files.ts';
import { type Issued, isDue, issueAuthority, issueServer } from './issue.ts';

/** The certificate for loopback in `directory`: made where it is missing or old, its CA beside it for clients. */
export function developmentCertificate(directory: string, now: Date): Issued {
  const known = read(directory);
  if (known && !isDue(known.cert, now)) return known;
  const authority = issueAuthority('health-injector development', now);
  const issued = issueServer(authority, ['localhost', '127.0.0.1', '::1'], now, 90);
  writeKeyPair(directory, issued);
  writeFileSync(join(directory, 'ca.crt'), authority.cert);
  return issued;
}

function read(directory: string): Issued | undefined {
  try {
    return readKeyPair(directory);
  } catch {
    return undefined;
  }
}
