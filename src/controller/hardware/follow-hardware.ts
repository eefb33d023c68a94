// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
import { quarantinesPath } from '../../cluster/follow-quarantines.ts';
import type { Connection } from '../../cluster/connection.ts';
import { type Handler, follow } from '../../cluster/follow.ts';
import type { Collection } from '../../cluster/followed.ts';
import type { NodeQuarantine } from '../../quarantine/quarantine.ts';
import type { Known } from './known.ts';

/** Keeps `known` true until `signal` is aborted; the promise is resolved once all of it was seen. */
export async function followHardware(
  connection: Connection,
  prefix: string,
  known: Known,
  failed: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const begin = <T>(
    collection: Omit<Collection, 'connection'>,
    read: (object: unknown) => T,
    handler: Pick<Handler<T>, 'reset' | 'upsert' | 'remove'>,
  ): Promise<void> =>
    new Promise((synced) => {
      void follow({ connection, ...collection, read }, { ...handler, synced, failed }, signal);
    });
  await Promise.all([
    // What is quarantined is known before the Pods are: none is taken for one that was never moved.
    begin({ path: quarantinesPath }, (object) => object as NodeQuarantine, known.ofQuarantines),
    begin({ path: '/api/v1/nodes' }, known.readNode, known.ofNodes),
    begin({ path: '/api/v1/pods', labelSelector: `${prefix}hardware` }, known.readPod, known.ofPods),
  ]);
}
