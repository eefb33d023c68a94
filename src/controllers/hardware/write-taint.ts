// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
import type { V1Node } from '@kubernetes/client-node';
import { ApiError, ignoreNotFound, isConflict } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import type { TaintChange } from './decide-taints.ts';
import { taintKey } from './node-record.ts';

/** Gives a node our taint or takes it, leaving the others as they are; false where another wrote meanwhile. */
export async function writeTaint(
  client: Client,
  prefix: string,
  { node, taint }: TaintChange,
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/api/v1/nodes/${node}`;
  const failed = (error: unknown): unknown =>
    error instanceof ApiError ? new Error(`node ${node}: ${error.message}`, { cause: error }) : error;
  const read = await ignoreNotFound(client.get<V1Node>(path, { signal })).catch((error: unknown) => {
    throw failed(error);
  });
  if (!read) return true;
  const { metadata, spec } = read;
  const key = taintKey(prefix);
  const others = (spec?.taints ?? []).filter((each) => each.key !== key);
  const taints = taint === '' ? others : [...others, { key, value: 'failed', effect: taint }];
  // A merge patch replaces a list as a whole: only over the one that was read.
  const body = { metadata: { resourceVersion: metadata?.resourceVersion }, spec: { taints } };
  try {
    await ignoreNotFound(client.patch(path, body, { signal }));
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw failed(error);
  }
}
