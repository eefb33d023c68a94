// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
// https://kubernetes.io/docs/reference/using-api/server-side-apply/
import type { Connection } from '../kube/connection.ts';
import { expectFound, expectWritten } from '../kube/object-answer.ts';

/** A MutatingWebhookConfiguration, as far as it concerns the certificate. */
export type Configuration = {
  readonly metadata: { readonly resourceVersion: string };
  readonly webhooks?: readonly { readonly name: string; readonly clientConfig?: { readonly caBundle?: string } }[];
};

/** Where the configuration is. */
export type ConfigurationPlace = { readonly connection: Connection; readonly name: string };

const apiVersion = 'admissionregistration.k8s.io/v1';
const fieldManager = 'health-injector-certificates';

/** The path of the configurations. */
export const configurationsPath = `/apis/${apiVersion}/mutatingwebhookconfigurations`;

/** The configuration, or undefined where there is none yet: nobody calls then. */
export async function readConfiguration(
  { connection, name }: ConfigurationPlace,
  signal: AbortSignal,
): Promise<Configuration | undefined> {
  return (await expectFound(await connection.get(`${configurationsPath}/${name}`, { signal }))) as
    | Configuration
    | undefined;
}

/** Sets the caBundle of every webhook; rejects with `Conflict` where the configuration was changed since it was read. */
export async function writeBundle(
  { connection, name }: ConfigurationPlace,
  { metadata: { resourceVersion }, webhooks = [] }: Configuration,
  bundle: string,
  signal: AbortSignal,
): Promise<void> {
  const caBundle = Buffer.from(bundle).toString('base64');
  const body = {
    apiVersion,
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, resourceVersion },
    webhooks: webhooks.map((webhook) => ({ name: webhook.name, clientConfig: { caBundle } })),
  };
  // By force: whoever applies a manifest with a caBundle of its own has no key for it.
  const path = `${configurationsPath}/${name}?fieldManager=${fieldManager}&force=true`;
  await expectWritten(await connection.send('APPLY', path, body, { signal }));
}

/** The text of the caBundle of each webhook. */
export const bundlesOf = ({ webhooks = [] }: Configuration): readonly string[] =>
  webhooks.map(({ clientConfig }) => Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString());
