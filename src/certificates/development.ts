import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCertificate, validityOf } from './certificate.ts';
import { readKeyPair, writeKeyPair } from './files.ts';
import { type Issued, issueAuthority, issueServer } from './issue.ts';
import { isDue } from './plan.ts';

/** The certificate for loopback in `directory`: made where it is missing or old, its CA beside it for clients. */
export function developmentCertificate(directory: string, now: Date): Issued {
  const known = read(directory);
  const certificate = known && readCertificate(known.cert);
  if (certificate && !isDue(validityOf(certificate), now.getTime())) return known;
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
