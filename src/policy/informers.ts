import type { V1ObjectMeta } from '@kubernetes/client-node';
import type { Client } from '../kube/client.ts';
import { type ReflectorSource, startReflector } from '../kube/reflector.ts';
import { type HealthPolicy, policiesPath } from './policy.ts';
import type { Follower, Store } from './store.ts';

/** The HealthPolicies of the cluster, as the apiserver sends them. */
export const policySource = (client: Client): ReflectorSource<HealthPolicy> => ({
  client,
  path: policiesPath,
  transform: (object) => object as HealthPolicy,
});

/** The namespaces, with the part of their metadata that policies read; the rest may be many times as long. */
export const namespaceSource = (client: Client): ReflectorSource<{ readonly metadata: V1ObjectMeta }> => ({
  client,
  path: '/api/v1/namespaces',
  metadataOnly: true,
  transform: (object) => {
    const { name, labels, annotations } = (object as { readonly metadata: V1ObjectMeta }).metadata;
    return { metadata: { ...(name && { name }), ...(labels && { labels }), ...(annotations && { annotations }) } };
  },
});

/**
 * Keeps the policies and the namespaces of a store equal to those of the cluster until `signal` is aborted. Resolves once
 * both were listed, which may take for ever where the apiserver does not answer.
 */
export async function startPolicyInformers(
  client: Client,
  store: Store,
  onError: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const start = <T>(source: ReflectorSource<T>, { reset, upsert, remove }: Follower<T>): Promise<void> =>
    startReflector(source, { onReplace: reset, onUpsert: upsert, onDelete: remove, onError }, signal);
  await Promise.all([start(policySource(client), store.policies), start(namespaceSource(client), store.namespaces)]);
}
