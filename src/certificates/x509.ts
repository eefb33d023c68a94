import { X509Certificate } from 'node:crypto';
import type { Validity } from './rotation.ts';

const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';

/** The certificates of a PEM text, in order and each once; what cannot be read is left out. */
export function readCertificates(text: string): readonly X509Certificate[] {
  const blocks = text.split(begin).slice(1);
  const found = new Map<string, X509Certificate>();
  for (const block of blocks) {
    const [body = '', ...rest] = block.split(end);
    const certificate = rest.length > 0 ? readCertificate(`${begin}${body}${end}`) : undefined;
    if (certificate && !found.has(pemOf(certificate))) found.set(pemOf(certificate), certificate);
  }
  return [...found.values()];
}

/** The first certificate of a PEM text, or undefined where it cannot be read. */
export function readCertificate(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

/** The PEM text of a certificate, the same however its source was formatted. */
export const pemOf = (certificate: X509Certificate): string => certificate.toString();

export const validityOf = ({ validFromDate, validToDate }: X509Certificate): Validity => ({
  notBeforeMs: validFromDate.getTime(),
  notAfterMs: validToDate.getTime(),
});

/** Those of these CAs that signed a certificate. */
export const signersOf = (
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): readonly X509Certificate[] =>
  authorities.filter((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey));
