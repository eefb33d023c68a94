import type { V1Pod } from '@kubernetes/client-node';
import type { Client } from '../kube/client.ts';
import { runReflector } from '../kube/reflector.ts';
import type { Store } from '../policies/store.ts';
import type { Census, PodRecord } from './census.ts';
import { type RecordContext, recordOf } from './pod-record.ts';

/** A change of policies is often one of several. */
const quietMs = 2_000;

/**
 * Keeps a census of all Pods, of which only the records are held. When policies or namespaces change, all Pods are
 * listed and judged again: nothing else is held to judge them by.
 */
export async function followPods(
  client: Client,
  census: Census,
  context: RecordContext,
  store: Store,
  failed: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const transform = (object: unknown): { readonly uid: string; readonly record: PodRecord | undefined } => {
    const pod = object as V1Pod;
    return { uid: pod.metadata?.uid ?? '', record: recordOf(pod, context, store.surroundingsOf) };
  };
  while (!signal.aborted) {
    const judgedUnder = store.generation();
    const round = new AbortController();
    const stop = (): void => round.abort();
    signal.addEventListener('abort', stop);
    let seen = judgedUnder;
    // Begins anew once what was changed has been left in peace for a while.
    const timer = setInterval(() => {
      if (store.generation() !== judgedUnder && store.generation() === seen) stop();
      seen = store.generation();
    }, quietMs);
    await runReflector(
      { client, path: '/api/v1/pods', transform },
      {
        onReplace: (items) => census.reset(items.flatMap(({ record }) => record ?? [])),
        onUpsert: ({ uid, record }) => (record ? census.upsert(record) : census.remove(uid)),
        onDelete: ({ uid }) => census.remove(uid),
        onSynced: () => census.complete(),
        onError: failed,
      },
      round.signal,
    );
    clearInterval(timer);
    signal.removeEventListener('abort', stop);
  }
}
