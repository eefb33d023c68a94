import type { V1ObjectMeta, V1ResourceQuota } from '@kubernetes/client-node';
import type { LimitRange } from '../inject/fit/rules.ts';
import type { Client } from '../kube/client.ts';
import { systemClock } from '../kube/clock.ts';
import { type ReflectorSource, startReflector } from '../kube/reflector.ts';
import { type HealthPolicy, policiesPath } from './policy.ts';
import type { Follower } from './follower.ts';
import { withoutOthers, withoutUncounted } from './rules-store.ts';
import type { Store } from './store.ts';

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

/** The LimitRanges, as far as they bound Pods. */
export const limitRangeSource = (client: Client): ReflectorSource<LimitRange> => ({
  client,
  path: '/api/v1/limitranges',
  transform: (object) => withoutOthers(object as LimitRange),
});

/** The ResourceQuotas, as far as they count Pods. */
export const resourceQuotaSource = (client: Client): ReflectorSource<V1ResourceQuota> => ({
  client,
  path: '/api/v1/resourcequotas',
  transform: (object) => withoutUncounted(object as V1ResourceQuota),
});

/** An apiserver is replaced by one of another version within minutes, a few times a year. */
const versionPeriodMs = 5 * 60_000;

/** Asks the apiserver for its version, and again at times until `signal` is aborted. Resolves after the first answer, of whatever kind. */
export async function followVersion(
  client: Client,
  store: Pick<Store, 'setApiserverVersion'>,
  onError: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const ask = async (): Promise<void> => {
    try {
      store.setApiserverVersion(await client.get<object>('/version', { signal }));
    } catch (error) {
      if (!signal.aborted) onError(`/version: ${(error as Error).message}`);
    }
  };
  const askAgain = async (): Promise<void> => {
    while (!signal.aborted) {
      await systemClock.sleep(versionPeriodMs, signal);
      if (!signal.aborted) await ask();
    }
  };
  await ask();
  void askAgain();
}

/**
 * Keeps the policies, the namespaces, their rules and the apiserver's version in a store equal to those of the cluster until `signal` is aborted. Resolves once
 * all were listed, which may take for ever where the apiserver does not answer.
 */
export async function startPolicyInformers(
  client: Client,
  store: Store,
  onError: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const start = <T>(source: ReflectorSource<T>, { reset, upsert, remove }: Follower<T>): Promise<void> =>
    startReflector(source, { onReplace: reset, onUpsert: upsert, onDelete: remove, onError }, signal);
  await Promise.all([
    followVersion(client, store, onError, signal),
    start(policySource(client), store.policies),
    start(namespaceSource(client), store.namespaces),
    start(limitRangeSource(client), store.limitRanges),
    start(resourceQuotaSource(client), store.resourceQuotas),
  ]);
}
