import type { V1Pod } from '@kubernetes/client-node';
import type { Pod } from '../inject/pod/pod.ts';
import type { PolicyScope } from '../inject/request.ts';
import type { MutateContext } from '../webhook/mutate-context.ts';
import { type PodRecord, ownerOf } from './census.ts';
import { judge } from './judge.ts';

/** What Pods are judged by; with `annotatedOnly` the webhook is asked about no other. */
export type RecordContext = MutateContext & { readonly annotatedOnly: boolean };

/** What is kept of a Pod as the apiserver sends it; undefined for one that is over or that nobody asks anything for. */
export function recordOf(
  pod: V1Pod,
  context: RecordContext,
  scopeFor: (namespace: string) => PolicyScope,
): PodRecord | undefined {
  const {
    namespace = '',
    name = '',
    uid = '',
    creationTimestamp,
    deletionTimestamp,
    annotations = {},
  } = pod.metadata ?? {};
  const isOver = deletionTimestamp !== undefined || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (isOver || !pod.spec || context.excludedNamespaces.has(namespace)) return undefined;
  const isAnnotated = Object.keys(annotations).some((key) => key.startsWith(context.prefix));
  if (context.annotatedOnly && !isAnnotated) return undefined;
  const verdict = judge(pod as Pod, context, scopeFor(namespace));
  if (!verdict) return undefined;
  return {
    uid,
    namespace,
    name,
    createdMs: Date.parse(String(creationTimestamp)),
    isReady: pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    owner: ownerOf(pod.metadata),
    verdict,
  };
}
