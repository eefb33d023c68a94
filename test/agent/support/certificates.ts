import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Issued, issueAuthority, issueServer } from '../../../src/certificates/issue.ts';

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
export const certificateFor = (names: readonly string[], from = new Date()): Issued =>
  issueServer(authority, names, from, 1);

/** Writes a certificate as a server and a check read it; `otherCa` has signed nothing. */
export function writeCertificate(directory: string, name: string, { cert, key }: Issued): CertificateFiles {
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
