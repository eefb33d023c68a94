import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';
import { type KeyPair, issueAuthority, issueServingCertificate } from '../../../src/certificates/pki.ts';

const authority = issueAuthority('of the tests', new Date());
const stranger = issueAuthority('of strangers', new Date());

/** Files of a certificate, its key, and the authorities that a check may trust. */
export type CertificateFiles = {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly otherCa: string;
};

/** A certificate for these names, by the authority of `ca`, for a day from `from`. */
export const certificateFor = (names: readonly string[], from = new Date()): KeyPair =>
  issueServingCertificate(authority, names, { now: from, days: 1 });

/** A certificate that is only for clients, by the authority of `ca`. */
export const clientCertificate = (name: string): KeyPair => issueClient(authority, name);

/** A certificate that is only for clients, by the authority of `otherCa`, which no server trusts. */
export const strangerCertificate = (name: string): KeyPair => issueClient(stranger, name);

function issueClient(by: typeof authority, name: string): KeyPair {
  const { cert, key } = issueServingCertificate(by, [name], { now: new Date(), days: 1 });
  const certificate = forge.pki.certificateFromPem(cert);
  certificate.setExtensions([
    { name: 'keyUsage', critical: true, digitalSignature: true },
    { name: 'extKeyUsage', clientAuth: true },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(by.key), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key };
}

/** Writes a certificate as a server and a check read it; `otherCa` has signed nothing. */
export function writeCertificate(directory: string, name: string, { cert, key }: KeyPair): CertificateFiles {
  const write = (file: string, text: string): string => {
    const path = join(directory, file);
    writeFileSync(path, text);
    return path;
  };
  return {
    cert: write(`${name}.crt`, cert),
    key: write(`${name}.key`, key),
    ca: write('ca.crt', authority.cert),
    otherCa: write('other-ca.crt', stranger.cert),
  };
}
