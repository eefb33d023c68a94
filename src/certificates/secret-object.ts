// https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets
import type { Connection } from '../kube/connection.ts';
import { expectFound, expectWritten } from '../kube/object-answer.ts';
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
export type SecretPlace = { readonly connection: Connection; readonly namespace: string; readonly name: string };

/** The path of the Secrets of its namespace. */
export const secretsPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets`;

/** The Secret, or undefined where there is none yet. */
export async function readSecret(
  { connection, namespace, name }: SecretPlace,
  signal: AbortSignal,
): Promise<Secret | undefined> {
  return (await expectFound(await connection.get(`${secretsPath(namespace)}/${name}`, { signal }))) as
    | Secret
    | undefined;
}

/** Makes the Secret, or writes it where it is still of the version that was read; rejects with `Conflict` where another was faster. */
export async function writeSecret(
  { connection, namespace, name }: SecretPlace,
  held: Secret | undefined,
  content: Required<Content>,
  signal: AbortSignal,
): Promise<void> {
  const encoded = Object.entries(content).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const data = { ...held?.data, ...Object.fromEntries(encoded) };
  const kind = { apiVersion: 'v1', kind: 'Secret' };
  const path = secretsPath(namespace);
  await expectWritten(
    await (held
      ? connection.send('PUT', `${path}/${name}`, { ...held, ...kind, data }, { signal })
      : connection.send(
          'POST',
          path,
          { ...kind, metadata: { name, namespace }, type: 'kubernetes.io/tls', data },
          { signal },
        )),
  );
}

/** The texts of the Secret. */
export function contentOf({ data = {} }: Secret): Content {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  return { 'ca.crt': text('ca.crt'), 'ca.key': text('ca.key'), 'tls.crt': text('tls.crt'), 'tls.key': text('tls.key') };
}

/** Whether cert-manager writes this Secret, so that nobody else may. */
export const isOfCertManager = ({ metadata }: Secret): boolean =>
  metadata?.annotations?.['cert-manager.io/certificate-name'] !== undefined;
