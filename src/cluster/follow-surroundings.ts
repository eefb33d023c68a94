import type { V1ObjectMeta } from '@kubernetes/client-node';
import { type HealthPolicy, apiGroup } from '../policy/policy.ts';
import type { Store } from '../policy/store.ts';
import type { Connection } from './connection.ts';
import { type Handler, follow } from './follow.ts';

/** The path of the policies. */
export const policiesPath = `/apis/${apiGroup}/v1alpha1/healthpolicies`;

/** Called with one sentence where following is interrupted. */
export type Failed = (sentence: string) => void;

/**
 * Fills a store with the policies and the namespaces of the cluster and keeps it true until `signal` is aborted. The
 * promise is resolved once both are known; it may take for ever, and nothing waits for it without a limit.
 */
export async function followSurroundings(
  connection: Connection,
  store: Store,
  failed: Failed,
  signal: AbortSignal,
): Promise<void> {
  const policies = new Promise<void>((synced) => {
    const followed = { connection, path: policiesPath, read: readPolicy };
    void follow(followed, handlerOf(store.policies, synced, failed), signal);
  });
  const namespaces = new Promise<void>((synced) => {
    const followed = { connection, path: '/api/v1/namespaces', isMetadataOnly: true, read: readMetadata };
    void follow(followed, handlerOf(store.namespaces, synced, failed), signal);
  });
  await Promise.all([policies, namespaces]);
}

const readPolicy = (object: unknown): HealthPolicy => object as HealthPolicy;

/** The rest of the metadata, which others write, may be many times as long. */
const readMetadata = (object: unknown): { readonly metadata: V1ObjectMeta } => {
  const { name, labels, annotations } = (object as { readonly metadata: V1ObjectMeta }).metadata;
  return { metadata: { ...(name && { name }), ...(labels && { labels }), ...(annotations && { annotations }) } };
};

const handlerOf = <T>(
  follower: Pick<Handler<T>, 'reset' | 'upsert' | 'remove'>,
  synced: () => void,
  failed: Failed,
): Handler<T> => ({ ...follower, synced, failed });
