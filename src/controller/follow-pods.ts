import type { V1Pod } from '@kubernetes/client-node';
import type { Connection } from '../cluster/connection.ts';
import { follow } from '../cluster/follow.ts';
import type { Failed } from '../cluster/follow-surroundings.ts';
import type { Store } from '../policy/store.ts';
import type { Census, PodRecord } from './census.ts';
import { type RecordContext, recordOf } from './pod-record.ts';

/** A change of policies is often one of several. */
const quietMs = 2_000;

/**
 * Keeps a census of all Pods, of which only the records are held. When policies or namespaces change, all Pods are
 * listed and judged again: nothing else is held to judge them by.
 */
export async function followPods(
  connection: Connection,
  census: Census,
  context: RecordContext,
  store: Store,
  failed: Failed,
  signal: AbortSignal,
): Promise<void> {
  const read = (object: unknown): { readonly uid: string; readonly record: PodRecord | undefined } => {
    const pod = object as V1Pod;
    return { uid: pod.metadata?.uid ?? '', record: recordOf(pod, context, (name) => store.scopeFor(name, Date.now())) };
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
    await follow(
      { connection, path: '/api/v1/pods', read },
      {
        reset: (items) => census.reset(items.flatMap(({ record }) => record ?? [])),
        upsert: ({ uid, record }) => (record ? census.upsert(record) : census.remove(uid)),
        remove: ({ uid }) => census.remove(uid),
        synced: () => census.complete(),
        failed,
      },
      round.signal,
    );
    clearInterval(timer);
    signal.removeEventListener('abort', stop);
  }
}
