import type { KubernetesObject, V1ObjectMeta, V1Pod, V1ResourceQuota } from '@kubernetes/client-node';
import type { LimitRange } from '../../inject/fit/rules.ts';
import { ApiError } from '../../kube/api-error.ts';
import { type Owner, createOwnerResolver } from '../../kube/owners.ts';
import { defaultReflectorOptions, listPages } from '../../kube/reflector.ts';
import { type PodSummary, summarizePod } from '../../controllers/coverage/pod-index.ts';
import { type HealthPolicy, policiesPath } from '../../policy/policy.ts';
import { createStore } from '../../policy/store.ts';
import { UserError, exitCode } from '../command.ts';
import type { EvaluationContext } from '../evaluate.ts';
import { type Target, openCluster } from './cluster.ts';
import { type Uncopied, uncopiedOf, workloadKinds } from './uncopied.ts';

/** A Pod that was missed, and the workload at the root of its owners. */
type MissedPod = PodSummary & { readonly root: Owner | undefined };

/** What was missed: Pods, and workloads whose annotations were not copied down. */
export type Missed = { readonly pods: readonly MissedPod[]; readonly workloads: readonly Uncopied[] };

/** What of a cluster, or of one namespace, lacks the check that it should have. */
export async function findMissed(target: Target, context: EvaluationContext): Promise<Missed> {
  const { client } = await openCluster(target);
  const signal = new AbortController().signal;
  const every = async <T>(path: string, take: (object: T) => void, metadataOnly = false): Promise<void> => {
    const pages = listPages<T>({ client, path, metadataOnly }, defaultReflectorOptions, signal);
    try {
      for await (const { items } of pages) items.forEach(take);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new Error(`The cluster does not show ${path}: ${error.summary}.`, { cause: error });
    }
  };
  /** The same for what the user may not be shown: without it some Pod is listed that has no room for the agent. */
  const everyShown = <T>(path: string, take: (object: T) => void): Promise<void> =>
    every(path, take).catch((error: Error) => {
      if (!(error.cause instanceof ApiError)) throw error;
    });
  const store = createStore(context.prefix);
  const missed: PodSummary[] = [];
  const workloads: Uncopied[] = [];
  try {
    store.setApiserverVersion(await client.get<object>('/version', { signal }).catch(() => ({})));
    await every<HealthPolicy>(policiesPath, store.policies.upsert);
    await every<{ metadata: V1ObjectMeta }>('/api/v1/namespaces', store.namespaces.upsert, true);
    const within = target.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(target.namespace)}`;
    await everyShown<LimitRange>(`/api/v1${within}/limitranges`, store.limitRanges.upsert);
    await everyShown<V1ResourceQuota>(`/api/v1${within}/resourcequotas`, store.resourceQuotas.upsert);
    const scopeFor = (name: string) => store.scopeFor(name, Date.now());
    await every<V1Pod>(`/api/v1${within}/pods`, (pod) => {
      const summary = summarizePod(pod, { ...context, annotatedOnly: false }, scopeFor);
      if (summary?.verdict.state === 'missed') missed.push(summary);
    });
    for (const [api, collection, kind] of workloadKinds) {
      await everyShown<KubernetesObject>(`${api}${within}/${collection}`, (workload) => {
        const { namespace = '' } = workload.metadata ?? {};
        if (context.excludedNamespaces.has(namespace)) return;
        if (scopeFor(namespace).namespace?.inject === 'disabled') return;
        const uncopied = uncopiedOf(workload, kind, context.prefix);
        if (uncopied) workloads.push(uncopied);
      });
    }
  } catch (error) {
    throw new UserError(exitCode.unreadable, [(error as Error).message]);
  }
  const owners = createOwnerResolver(client);
  const pods: MissedPod[] = [];
  for (const pod of missed) {
    const { owner, namespace } = pod;
    // Who may list Pods may still not read their owners.
    const root = owner && (await owners.resolveRoot(owner, namespace, signal).catch(() => owner));
    pods.push({ ...pod, root });
  }
  return { pods, workloads };
}
