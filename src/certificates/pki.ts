import { X509Certificate, generateKeyPair, generateKeyPairSync, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { type Validity, skewMs } from './rotation.ts';

/** A certificate and its private key, PEM. */
export type KeyPair = { readonly cert: string; readonly key: string };

/** A fresh RSA key, PEM. */
export type RsaKeys = { readonly publicKey: string; readonly privateKey: string };

const dayMs = 86_400_000;

// Node's own key generation: that of node-forge is JavaScript, and takes seconds.
const rsaOptions = {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
} as const;

/** Makes keys in a thread: the event loop would stand still for up to half a second. */
export const makeKeys = (): Promise<RsaKeys> => promisify(generateKeyPair)('rsa', rsaOptions);

const makeKeysSync = (): RsaKeys => generateKeyPairSync('rsa', rsaOptions);

export function issueAuthority(name: string, now: Date, days = 365, rsa = makeKeysSync()): KeyPair {
  const { certificate, keys } = createCertificate(name, { now, days }, rsa);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  certificate.sign(keys.private, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: keys.pem };
}

/** A server certificate for these DNS names and IP addresses, signed by `authority` and never valid for longer than it. */
export function issueServingCertificate(
  authority: KeyPair,
  names: readonly string[],
  valid: { readonly now: Date; readonly days: number },
  rsa = makeKeysSync(),
): KeyPair {
  const issuer = forge.pki.certificateFromPem(authority.cert);
  const { certificate, keys } = createCertificate(names[0] ?? '', valid, rsa);
  if (certificate.validity.notAfter > issuer.validity.notAfter) {
    certificate.validity.notAfter = issuer.validity.notAfter;
  }
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    // Two CAs of one name may be trusted: OpenSSL takes the first unless the certificate says whose key signed it.
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    {
      name: 'subjectAltName',
      altNames: names.map((name) => (/^[\d.]+$|:/.test(name) ? { type: 7, ip: name } : { type: 2, value: name })),
    },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(authority.key), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: keys.pem };
}

function createCertificate(name: string, { now, days }: { readonly now: Date; readonly days: number }, rsa: RsaKeys) {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(rsa.publicKey);
  // Some clients refuse two certificates of one issuer with the same serial number. The first bits keep it positive.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  certificate.serialNumber = serial.toString('hex');
  certificate.validity.notBefore = new Date(now.getTime() - skewMs);
  certificate.validity.notAfter = new Date(now.getTime() + days * dayMs);
  certificate.setSubject([{ name: 'commonName', value: name.slice(0, 64) }]);
  return { certificate, keys: { private: forge.pki.privateKeyFromPem(rsa.privateKey), pem: rsa.privateKey } };
}

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
