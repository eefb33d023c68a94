// https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets
import { ignoreNotFound } from '../kube/api-error.ts';
import type { Client } from '../kube/client.ts';
import type { Content } from './holding.ts';

/** A Secret as it is on the wire. */
export type Secret = {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
};

/** Where the Secret is. */
export type SecretPlace = { readonly client: Client; readonly namespace: string; readonly name: string };

/** The path of the Secrets of its namespace. */
export const secretsPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets`;

/** The Secret, or undefined where there is none yet. */
export const readSecret = (
  { client, namespace, name }: SecretPlace,
  signal: AbortSignal,
): Promise<Secret | undefined> => ignoreNotFound(client.get<Secret>(`${secretsPath(namespace)}/${name}`, { signal }));

/** Makes the Secret, or writes it where it is still of the version that was read; rejects with a conflict where another was faster. */
export async function writeSecret(
  { client, namespace, name }: SecretPlace,
  held: Secret | undefined,
  content: Required<Content>,
  signal: AbortSignal,
): Promise<void> {
  const encoded = Object.entries(content).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const data = { ...held?.data, ...Object.fromEntries(encoded) };
  const kind = { apiVersion: 'v1', kind: 'Secret' };
  const path = secretsPath(namespace);
  if (held) await client.update(`${path}/${name}`, { ...held, ...kind, data }, { signal });
  else {
    const secret = { ...kind, metadata: { name, namespace }, type: 'kubernetes.io/tls', data };
    await client.create(path, secret, { signal });
  }
}

/** The texts of the Secret. */
export function contentOf({ data = {} }: Secret): Content {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  return { 'ca.crt': text('ca.crt'), 'ca.key': text('ca.key'), 'tls.crt': text('tls.crt'), 'tls.key': text('tls.key') };
}

/** Whether cert-manager writes this Secret, so that nobody else may. */
export const isOfCertManager = ({ metadata }: Secret): boolean =>
  metadata?.annotations?.['cert-manager.io/certificate-name'] !== undefined;
