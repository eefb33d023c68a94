import { generateKeyPair, generateKeyPairSync, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { skewMs } from './plan.ts';

/** A certificate and its private key, PEM. */
export type Issued = { readonly cert: string; readonly key: string };

/** A fresh RSA key, PEM. */
export type KeyPair = { readonly publicKey: string; readonly privateKey: string };

const dayMs = 86_400_000;

// Node's own key generation: that of the library is JavaScript, and takes seconds.
const rsa = {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
} as const;

/** Makes a key beside the event loop, which would stand still for up to half a second. */
export const makeKeyPair = (): Promise<KeyPair> => promisify(generateKeyPair)('rsa', rsa);

const makeKeyPairNow = (): KeyPair => generateKeyPairSync('rsa', rsa);

/** A new certificate authority of the given name, valid for a year from `now`. */
export function issueAuthority(name: string, now: Date, days = 365, pair = makeKeyPairNow()): Issued {
  const { certificate, keys } = blank(name, now, days, pair);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  certificate.sign(keys.private, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: keys.pem };
}

/** A server certificate for these DNS names and IP addresses, signed by `authority` and never valid for longer. */
export function issueServer(
  authority: Issued,
  names: readonly string[],
  now: Date,
  days: number,
  pair = makeKeyPairNow(),
): Issued {
  const issuer = forge.pki.certificateFromPem(authority.cert);
  const { certificate, keys } = blank(names[0] ?? '', now, days, pair);
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

function blank(name: string, now: Date, days: number, pair: KeyPair) {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  // Two certificates of one issuer with the same serial number are refused by some clients; the first bit keeps it positive.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  certificate.serialNumber = serial.toString('hex');
  certificate.validity.notBefore = new Date(now.getTime() - skewMs);
  certificate.validity.notAfter = new Date(now.getTime() + days * dayMs);
  certificate.setSubject([{ name: 'commonName', value: name.slice(0, 64) }]);
  return { certificate, keys: { private: forge.pki.privateKeyFromPem(pair.privateKey), pem: pair.privateKey } };
}
