import { generateKeyPair, generateKeyPairSync, privateEncrypt, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { skewMs } from './rotation.ts';

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
  const certificate = createCertificate(name, { now, days }, rsa);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  return { cert: signed(certificate, rsa.privateKey), key: rsa.privateKey };
}

/** A server certificate for these DNS names and IP addresses, signed by `authority` and never valid for longer than it. */
export function issueServingCertificate(
  authority: KeyPair,
  names: readonly string[],
  valid: { readonly now: Date; readonly days: number },
  rsa = makeKeysSync(),
): KeyPair {
  const issuer = forge.pki.certificateFromPem(authority.cert);
  const certificate = createCertificate(names[0] ?? '', valid, rsa);
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
  return { cert: signed(certificate, authority.key), key: rsa.privateKey };
}

/** What stands before a digest of SHA-256 that RSA signs: https://www.rfc-editor.org/rfc/rfc8017#section-9.2 */
const sha256Prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** The certificate as PEM, with its signature by a private key, PEM. Node signs: node-forge does it in JavaScript, and the event loop would stand still. */
function signed(certificate: forge.pki.Certificate, privateKey: string): string {
  const signer = {
    sign: (hash: forge.md.MessageDigest) =>
      privateEncrypt(privateKey, Buffer.concat([sha256Prefix, Buffer.from(hash.digest().toHex(), 'hex')])).toString(
        'latin1',
      ),
  };
  certificate.sign(signer as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
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
  return certificate;
}
