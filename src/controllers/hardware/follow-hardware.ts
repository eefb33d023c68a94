// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
import type { Client } from '../../kube/client.ts';
import { type ListWatch, runReflector } from '../../kube/reflector.ts';
import type { Follower } from '../../policies/store.ts';
import { type NodeQuarantine, quarantinesPath } from '../../quarantines/quarantine.ts';
import type { Known } from './known.ts';

/** Keeps `known` true until `signal` is aborted; the promise is resolved once all of it was seen. */
export async function followHardware(
  client: Client,
  prefix: string,
  known: Known,
  failed: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const begin = <T>(
    collection: Omit<ListWatch, 'client'>,
    transform: (object: unknown) => T,
    { reset, upsert, remove }: Follower<T>,
  ): Promise<void> =>
    new Promise((onSynced) => {
      const handler = { onReplace: reset, onUpsert: upsert, onDelete: remove, onSynced, onError: failed };
      void runReflector({ client, ...collection, transform }, handler, signal);
    });
  await Promise.all([
    // What is quarantined is known before the Pods are: none is taken for one that was never moved.
    begin({ path: quarantinesPath }, (object) => object as NodeQuarantine, known.ofQuarantines),
    begin({ path: '/api/v1/nodes' }, known.readNode, known.ofNodes),
    begin({ path: '/api/v1/pods', labelSelector: `${prefix}hardware` }, known.readPod, known.ofPods),
  ]);
}
