// https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets
import { type X509Certificate, createPrivateKey } from 'node:crypto';
import { ignoreNotFound } from '../kube/api-error.ts';
import type { Client } from '../kube/client.ts';
import { type KeyPair, type RsaKeys, issueAuthority, issueServingCertificate } from './pki.ts';
import { pemOf, readCertificate, readCertificates, signersOf, validityOf } from './x509.ts';
import { type CertificateState, type RotationPlan, authorityDays, leafDays } from './rotation.ts';

export type Secret = {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
};

type SecretPlace = { readonly client: Client; readonly namespace: string; readonly name: string };

export const secretsPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets`;

/** Undefined where there is no Secret yet. */
export const readSecret = (
  { client, namespace, name }: SecretPlace,
  signal: AbortSignal,
): Promise<Secret | undefined> => ignoreNotFound(client.get<Secret>(`${secretsPath(namespace)}/${name}`, { signal }));

/** Creates the Secret, or updates the version that was read; rejects with a conflict where another replica was faster. */
export async function writeSecret(
  { client, namespace, name }: SecretPlace,
  read: Secret | undefined,
  content: Required<SecretContent>,
  signal: AbortSignal,
): Promise<void> {
  const encoded = Object.entries(content).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const data = { ...read?.data, ...Object.fromEntries(encoded) };
  const kind = { apiVersion: 'v1', kind: 'Secret' };
  const path = secretsPath(namespace);
  if (read) await client.update(`${path}/${name}`, { ...read, ...kind, data }, { signal });
  else {
    const secret = { ...kind, metadata: { name, namespace }, type: 'kubernetes.io/tls', data };
    await client.create(path, secret, { signal });
  }
}

export function contentOf({ data = {} }: Secret): SecretContent {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  return { 'ca.crt': text('ca.crt'), 'ca.key': text('ca.key'), 'tls.crt': text('tls.crt'), 'tls.key': text('tls.key') };
}

/** Whether cert-manager writes this Secret: then we only read it. */
export const isManagedByCertManager = ({ metadata }: Secret): boolean =>
  metadata?.annotations?.['cert-manager.io/certificate-name'] !== undefined;

/** The data of the Secret as text; `ca.crt` has all CAs that are trusted, newest first. */
export type SecretContent = Partial<Record<'ca.crt' | 'ca.key' | 'tls.crt' | 'tls.key', string>>;

/** A pair that can be served, and the CAs of which clients must trust one before it is. */
export type ServingPair = {
  readonly pair: KeyPair;
  readonly leaf: X509Certificate;
  readonly authorities: readonly X509Certificate[];
};

/** What of the content of the Secret is usable. */
export type SecretState = {
  readonly authorities: readonly X509Certificate[];
  /** The newest CA, if the Secret has its key. */
  readonly authority: KeyPair | undefined;
  readonly serving: ServingPair | undefined;
};

/** What cannot be read is as good as missing. */
export function readSecretState(content: SecretContent): SecretState {
  const authorities = readCertificates(content['ca.crt'] ?? '').filter(({ ca }) => ca);
  return {
    authorities,
    authority: readAuthority(content, authorities),
    serving: readServingPair(content, authorities),
  };
}

/** `names` are those that the serving certificate must be for. */
export function certificateStateOf(
  { authorities, authority, serving }: SecretState,
  names: readonly string[],
): CertificateState {
  const [newest] = authorities;
  const leaf = newest && serving?.authorities.includes(newest) ? serving.leaf : undefined;
  return {
    authorities: authorities.map(validityOf),
    canSign: authority !== undefined,
    leaf: leaf && names.every((name) => leaf.checkHost(name)) ? validityOf(leaf) : undefined,
  };
}

function readAuthority(content: SecretContent, [newest]: readonly X509Certificate[]): KeyPair | undefined {
  const key = content['ca.key'] ?? '';
  return newest && isKeyOf(newest, key) ? { cert: newest.toString(), key } : undefined;
}

function readServingPair(content: SecretContent, authorities: readonly X509Certificate[]): ServingPair | undefined {
  const pair = { cert: content['tls.crt'] ?? '', key: content['tls.key'] ?? '' };
  const leaf = readCertificate(pair.cert);
  if (!leaf || !isKeyOf(leaf, pair.key)) return undefined;
  const signers = signersOf(leaf, authorities);
  // With an intermediate CA, which comes with the certificate, no trusted CA has signed the certificate itself.
  return { pair, leaf, authorities: signers.length > 0 ? signers : authorities };
}

function isKeyOf(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

const authorityName = 'health-injector';

/** Replicas whose clocks are days apart would each go on making CAs: so many are trusted at most. */
const maxAuthorities = 8;

type RotationInputs = {
  /** The CAs that stay trusted beside a new one. */
  readonly old: readonly X509Certificate[];
  readonly names: readonly string[];
  readonly now: Date;
  readonly keys: { readonly ofAuthority: RsaKeys; readonly ofServer: RsaKeys };
};

/** The new content of the Secret by a plan other than `keep`. */
export function applyPlan(
  { action, kept }: RotationPlan,
  { authorities, authority, serving }: SecretState,
  { old, names, now, keys }: RotationInputs,
): Required<SecretContent> {
  const valid = { now, days: leafDays };
  if (action === 'new-authority' || !authority) {
    const fresh = issueAuthority(authorityName, now, authorityDays, keys.ofAuthority);
    const others = [...new Set(old.map(pemOf))].slice(0, maxAuthorities - 1);
    return textsOf(fresh, [fresh.cert, ...others], issueServingCertificate(fresh, names, valid, keys.ofServer));
  }
  const isLeafKept = action === 'drop-authorities' && serving;
  const pair = isLeafKept ? serving.pair : issueServingCertificate(authority, names, valid, keys.ofServer);
  return textsOf(authority, authorities.slice(0, kept).map(pemOf), pair);
}

/** Whether we made a CA of the caBundle: one that an administrator wrote there is not trusted for another week. */
export const isOwnAuthority = ({ subject }: X509Certificate): boolean => subject === `CN=${authorityName}`;

const textsOf = (
  authority: { readonly key: string },
  trusted: readonly string[],
  leaf: { readonly cert: string; readonly key: string },
): Required<SecretContent> => ({
  'ca.crt': trusted.map((pem) => `${pem.trim()}\n`).join(''),
  'ca.key': authority.key,
  'tls.crt': leaf.cert,
  'tls.key': leaf.key,
});
