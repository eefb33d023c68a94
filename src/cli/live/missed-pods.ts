import type { V1ObjectMeta, V1Pod } from '@kubernetes/client-node';
import type { Collection } from '../../cluster/followed.ts';
import { usualLimits } from '../../cluster/follow-limits.ts';
import { policiesPath } from '../../cluster/follow-surroundings.ts';
import { listAll } from '../../cluster/list-all.ts';
import type { PodRecord } from '../../controller/census.ts';
import { recordOf } from '../../controller/pod-record.ts';
import type { HealthPolicy } from '../../policy/policy.ts';
import { createStore } from '../../policy/store.ts';
import type { ConsiderContext } from '../consider.ts';
import { type Target, openCluster } from './cluster.ts';

/** The Pods of a cluster, or of one namespace, that lack what somebody asks for; a string says why nobody can tell. */
export async function missedPods(target: Target, context: ConsiderContext): Promise<readonly PodRecord[] | string> {
  const cluster = openCluster(target);
  if (typeof cluster === 'string') return cluster;
  const { connection } = cluster;
  const signal = new AbortController().signal;
  const every = async <T>(path: string, take: (object: T) => void, rest: Partial<Collection> = {}): Promise<void> => {
    await listAll({ connection, path, ...rest }, usualLimits, signal, (object) => take(object as T));
  };
  const store = createStore(context.prefix);
  const missed: PodRecord[] = [];
  try {
    await every<HealthPolicy>(policiesPath, store.policies.upsert);
    await every<{ metadata: V1ObjectMeta }>('/api/v1/namespaces', store.namespaces.upsert, { isMetadataOnly: true });
    const within = target.namespace === undefined ? '' : `/namespaces/${target.namespace}`;
    await every<V1Pod>(`/api/v1${within}/pods`, (pod) => {
      const record = recordOf(pod, { ...context, strict: false, annotatedOnly: false }, (name) =>
        store.scopeFor(name, Date.now()),
      );
      if (record?.verdict.state === 'missed') missed.push(record);
    });
  } catch (error) {
    return (error as Error).message;
  }
  return missed;
}
