// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
// https://kubernetes.io/docs/reference/using-api/server-side-apply/
import { ignoreNotFound } from '../kube/api-error.ts';
import type { Client } from '../kube/client.ts';

/** A MutatingWebhookConfiguration, as far as it concerns the certificate. */
export type Configuration = {
  readonly metadata: { readonly resourceVersion: string };
  readonly webhooks?: readonly { readonly name: string; readonly clientConfig?: { readonly caBundle?: string } }[];
};

/** Where the configuration is. */
export type ConfigurationPlace = { readonly client: Client; readonly name: string };

const apiVersion = 'admissionregistration.k8s.io/v1';
const fieldManager = 'health-injector-certificates';

/** The path of the configurations. */
export const configurationsPath = `/apis/${apiVersion}/mutatingwebhookconfigurations`;

/** The configuration, or undefined where there is none yet: nobody calls then. */
export const readConfiguration = (
  { client, name }: ConfigurationPlace,
  signal: AbortSignal,
): Promise<Configuration | undefined> =>
  ignoreNotFound(client.get<Configuration>(`${configurationsPath}/${name}`, { signal }));

/** Sets the caBundle of every webhook; rejects with a conflict where the configuration was changed since it was read. */
export async function writeBundle(
  { client, name }: ConfigurationPlace,
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
  await client.apply(`${configurationsPath}/${name}`, body, { fieldManager, signal });
}

/** The text of the caBundle of each webhook. */
export const bundlesOf = ({ webhooks = [] }: Configuration): readonly string[] =>
  webhooks.map(({ clientConfig }) => Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString());
