// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
// https://kubernetes.io/docs/reference/using-api/server-side-apply/
import { ignoreNotFound } from '../kube/api-error.ts';
import type { Client } from '../kube/client.ts';

/** The part of a MutatingWebhookConfiguration that is used. */
export type Configuration = {
  readonly metadata: { readonly resourceVersion: string };
  readonly webhooks?: readonly { readonly name: string; readonly clientConfig?: { readonly caBundle?: string } }[];
};

type ConfigurationPlace = { readonly client: Client; readonly name: string };

const apiVersion = 'admissionregistration.k8s.io/v1';
const fieldManager = 'health-injector-certificates';

export const configurationsPath = `/apis/${apiVersion}/mutatingwebhookconfigurations`;

/** Undefined where there is no configuration yet: then the apiserver does not call the webhook. */
export const readConfiguration = (
  { client, name }: ConfigurationPlace,
  signal: AbortSignal,
): Promise<Configuration | undefined> =>
  ignoreNotFound(client.get<Configuration>(`${configurationsPath}/${name}`, { signal }));

/**
 * Sets the caBundle of every webhook. The write carries the resourceVersion that was read, so a concurrent change makes it
 * reject with a conflict instead of being overwritten.
 */
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
  // By force: an administrator who applies a manifest with another caBundle has no key for it.
  await client.apply(`${configurationsPath}/${name}`, body, { fieldManager, signal });
}

/** The PEM text of the caBundle of each webhook. */
export const bundlesOf = ({ webhooks = [] }: Configuration): readonly string[] =>
  webhooks.map(({ clientConfig }) => Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString());

/** Since when something has been seen without a break, by a clock that never goes backwards. */
export type SeenSince = ReadonlyMap<string, number>;

/** What is seen now, with the time at which each was first seen. */
export const stillSeen = (seen: readonly string[], before: SeenSince, nowMs: number): SeenSince =>
  new Map(seen.map((each) => [each, before.get(each) ?? nowMs]));

/**
 * The CAs to publish: those in use, plus any published CA that became unused less than `graceMs` ago, because a slower
 * replica may still serve a certificate that it signed.
 */
export function wantedBundle(
  needed: readonly string[],
  { unneeded, nowMs, graceMs }: { readonly unneeded: SeenSince; readonly nowMs: number; readonly graceMs: number },
): readonly string[] {
  const spared = [...unneeded].filter(([, sinceMs]) => nowMs - sinceMs < graceMs).map(([pem]) => pem);
  return [...new Set([...needed, ...spared])];
}
