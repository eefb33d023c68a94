import type { V1ObjectMeta, V1Pod } from '@kubernetes/client-node';
import type { Collection } from '../../cluster/followed.ts';
import { usualLimits } from '../../cluster/follow-limits.ts';
import { policiesPath } from '../../cluster/follow-surroundings.ts';
import { listAll } from '../../cluster/list-all.ts';
import type { PodRecord } from '../../controller/census.ts';
import { recordOf } from '../../controller/pod-record.ts';
import type { HealthPolicy } from '../../policies/policy.ts';
import { createStore } from '../../policies/store.ts';
import { UserError, exitCode } from '../command.ts';
import type { EvaluationContext } from '../evaluate.ts';
import { type Target, openCluster } from './cluster.ts';

/** The Pods of a cluster, or of one namespace, that lack the check that they should have. */
export async function missedPods(target: Target, context: EvaluationContext): Promise<readonly PodRecord[]> {
  const { connection } = openCluster(target);
  const signal = new AbortController().signal;
  const every = async <T>(path: string, take: (object: T) => void, rest: Partial<Collection> = {}): Promise<void> => {
    await listAll({ connection, path, ...rest }, usualLimits, signal, (object) => take(object as T));
  };
  const store = createStore(context.prefix);
  const missed: PodRecord[] = [];
  try {
    await every<HealthPolicy>(policiesPath, store.policies.upsert);
    await every<{ metadata: V1ObjectMeta }>('/api/v1/namespaces', store.namespaces.upsert, { isMetadataOnly: true });
    const within = target.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(target.namespace)}`;
    await every<V1Pod>(`/api/v1${within}/pods`, (pod) => {
      const record = recordOf(pod, { ...context, strict: false, annotatedOnly: false }, store.surroundingsOf);
      if (record?.verdict.state === 'missed') missed.push(record);
    });
  } catch (error) {
    throw new UserError(exitCode.unreadable, [(error as Error).message]);
  }
  return missed;
}
