import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';
import { issueAuthority, issueServer } from '../../../src/certificates/issue.ts';

/** A certificate with which a check shows itself to a server that trusts `ca`: Java and Go take none of a server for that. */
export function writeClientCertificate(directory: string) {
  const authority = issueAuthority('of clients', new Date());
  const { cert, key } = issueServer(authority, ['probe'], new Date(), 1);
  const certificate = forge.pki.certificateFromPem(cert);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'extKeyUsage', clientAuth: true },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(authority.key), forge.md.sha256.create());
  const write = (file: string, text: string): string => {
    writeFileSync(join(directory, file), text);
    return join(directory, file);
  };
  return {
    ca: write('client-ca.crt', authority.cert),
    cert: write('client.crt', forge.pki.certificateToPem(certificate)),
    key: write('client.key', key),
  };
}
