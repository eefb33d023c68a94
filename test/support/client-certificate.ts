import forge from 'node-forge';
import { type KeyPair, issueServingCertificate } from '../../src/certificates/pki.ts';

/** A certificate for clients of this common name, with these DNS names besides, signed by `authority`. */
export function issueClient(authority: KeyPair, name: string, dnsNames: readonly string[] = [], days = 1): KeyPair {
  const { key } = issueServingCertificate(authority, [name], { now: new Date(), days: 1 });
  const issuer = forge.pki.certificateFromPem(authority.cert);
  const certificate = forge.pki.createCertificate();
  const privateKey = forge.pki.privateKeyFromPem(key);
  certificate.publicKey = forge.pki.setRsaPublicKey(privateKey.n, privateKey.e);
  certificate.serialNumber = '4242';
  certificate.validity.notBefore = new Date(Date.now() - 86_400_000 * 2);
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000 * days);
  certificate.setSubject([{ name: 'commonName', value: name }]);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    { name: 'keyUsage', critical: true, digitalSignature: true },
    { name: 'extKeyUsage', clientAuth: true },
    { name: 'subjectAltName', altNames: [name, ...dnsNames].map((value) => ({ type: 2, value })) },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(authority.key), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key };
}
