import type { V1ObjectMeta } from '@kubernetes/client-node';
import { type HealthPolicy, policiesPath } from '../../policies/policy.ts';
import { createStore } from '../../policies/store.ts';
import type { PolicyScope } from '../../policies/scope.ts';
import type { Cluster } from './cluster.ts';

/** What a cluster says of the namespace and of its policies, and one sentence for each that it does not show. */
export async function liveSurroundings(
  { namespace: name, get }: Cluster,
  prefix: string,
): Promise<{ readonly surroundings: PolicyScope; readonly unseen: readonly string[] }> {
  const [namespace, policies] = await Promise.all([
    get(`/api/v1/namespaces/${encodeURIComponent(name)}`, `Namespace ${name}`),
    get(policiesPath, 'the HealthPolicies'),
  ]);
  const store = createStore(prefix);
  const isSeen = typeof namespace === 'object';
  store.namespaces.upsert(isSeen ? (namespace as { metadata: V1ObjectMeta }) : { metadata: { name } });
  if (typeof policies === 'object') store.policies.reset((policies as { items: HealthPolicy[] }).items);
  const unseen = [namespace, policies].filter((each) => typeof each === 'string');
  return { surroundings: store.scopeFor(name, Date.now()), unseen };
}
