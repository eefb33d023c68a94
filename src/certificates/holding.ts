import { type X509Certificate, createPrivateKey } from 'node:crypto';
import { readCertificate, readCertificates, signersOf, validityOf } from './certificate.ts';
import type { Issued } from './issue.ts';
import type { Held } from './plan.ts';

/** The texts that the Secret holds, by their keys; `ca.crt` has all CAs that are trusted, newest first. */
export type Content = Partial<Record<'ca.crt' | 'ca.key' | 'tls.crt' | 'tls.key', string>>;

/** A pair that can be served, and the CAs that have to be trusted before it is. */
export type Servable = {
  readonly pair: Issued;
  readonly leaf: X509Certificate;
  readonly authorities: readonly X509Certificate[];
};

/** What of the Secret can be used. */
export type Holding = {
  readonly authorities: readonly X509Certificate[];
  /** The newest CA, where its key is there. */
  readonly authority: Issued | undefined;
  readonly servable: Servable | undefined;
};

/** Reads what can be used of the content of the Secret; garbage is as good as nothing. */
export function readHolding(content: Content): Holding {
  const authorities = readCertificates(content['ca.crt'] ?? '').filter(({ ca }) => ca);
  return { authorities, authority: readAuthority(content, authorities), servable: readServable(content, authorities) };
}

/** What a decision needs to know of it; `names` are those that the certificate has to be for. */
export function heldOf({ authorities, authority, servable }: Holding, names: readonly string[]): Held {
  const [newest] = authorities;
  const leaf = newest && servable?.authorities.includes(newest) ? servable.leaf : undefined;
  return {
    authorities: authorities.map(validityOf),
    canSign: authority !== undefined,
    leaf: leaf && names.every((name) => leaf.checkHost(name)) ? validityOf(leaf) : undefined,
  };
}

function readAuthority(content: Content, [newest]: readonly X509Certificate[]): Issued | undefined {
  const key = content['ca.key'] ?? '';
  return newest && isKeyOf(newest, key) ? { cert: newest.toString(), key } : undefined;
}

function readServable(content: Content, authorities: readonly X509Certificate[]): Servable | undefined {
  const pair = { cert: content['tls.crt'] ?? '', key: content['tls.key'] ?? '' };
  const leaf = readCertificate(pair.cert);
  if (!leaf || !isKeyOf(leaf, pair.key)) return undefined;
  const signers = signersOf(leaf, authorities);
  // With a CA in between, which comes with the certificate, none of the trusted ones has signed it itself.
  return { pair, leaf, authorities: signers.length > 0 ? signers : authorities };
}

function isKeyOf(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
