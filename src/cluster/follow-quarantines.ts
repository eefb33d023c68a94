import type { Follower } from '../policy/store.ts';
import { apiGroup } from '../policy/policy.ts';
import type { NodeQuarantine } from '../quarantine/quarantine.ts';
import type { Connection } from './connection.ts';
import { follow } from './follow.ts';
import type { Failed } from './follow-surroundings.ts';

/** The path of the quarantines. */
export const quarantinesPath = `/apis/${apiGroup}/v1alpha1/nodequarantines`;

/** Tells followers, one after the other, of the quarantines of the cluster; resolved once they are known. */
export function followQuarantines(
  connection: Connection,
  followers: readonly Follower<NodeQuarantine>[],
  failed: Failed,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((synced) => {
    const handler = {
      reset: (all: readonly NodeQuarantine[]) => followers.forEach((follower) => follower.reset(all)),
      upsert: (one: NodeQuarantine) => followers.forEach((follower) => follower.upsert(one)),
      remove: (one: NodeQuarantine) => followers.forEach((follower) => follower.remove(one)),
      synced,
      failed,
    };
    void follow({ connection, path: quarantinesPath, read }, handler, signal);
  });
}

const read = (object: unknown): NodeQuarantine => object as NodeQuarantine;
