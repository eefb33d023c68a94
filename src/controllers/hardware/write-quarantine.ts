// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
import type { Client } from '../../kube/client.ts';
import { ApiError, ignoreNotFound, isConflict, isNotFound } from '../../kube/api-error.ts';
import { type NodeQuarantine, quarantinesPath } from '../../quarantines/quarantine.ts';

type Spec = NodeQuarantine['spec'];

const mostTries = 5;

/**
 * Writes a node's quarantine as `edit` makes it of what the apiserver has, whoever wrote it last; undefined where it was
 * deleted meanwhile. `edit` may be called again, and giving back the spec as it came writes nothing.
 */
export async function writeQuarantine(
  client: Client,
  nodeName: string,
  held: NodeQuarantine | undefined,
  edit: (spec: Spec | undefined) => Spec,
  signal: AbortSignal,
): Promise<NodeQuarantine | undefined> {
  const path = `${quarantinesPath}/${nodeName}`;
  const isNew = held === undefined;
  let current = held;
  for (let tries = 0; tries < mostTries; tries++) {
    const spec = edit(current?.spec);
    if (current && spec === current.spec) return current;
    const body = current
      ? { ...current, spec }
      : {
          apiVersion: 'health.example.com/v1alpha1',
          kind: 'NodeQuarantine',
          metadata: { name: nodeName },
          spec,
        };
    try {
      return current
        ? await client.update<NodeQuarantine>(path, body, { signal })
        : await client.create<NodeQuarantine>(quarantinesPath, body, { signal });
    } catch (error) {
      // Deleted while it was written: somebody released the node.
      if (isNotFound(error) && current) return undefined;
      if (!isConflict(error)) throw ofQuarantine(nodeName, error);
    }
    current = await ignoreNotFound(client.get<NodeQuarantine>(path, { signal })).catch((error: unknown) => {
      throw ofQuarantine(nodeName, error);
    });
    if (!current && !isNew) return undefined;
  }
  throw new Error(`NodeQuarantine ${nodeName} was changed by others ${mostTries} times in a row`);
}

/** Deletes a node's quarantine, and only as it was seen; false where it is not so any more, and is to be looked at again. */
export async function deleteQuarantine(
  client: Client,
  { metadata: { uid, resourceVersion }, spec: { nodeName } }: NodeQuarantine,
  signal: AbortSignal,
): Promise<boolean> {
  const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
  try {
    await ignoreNotFound(client.delete(`${quarantinesPath}/${nodeName}`, { preconditions, signal }));
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw ofQuarantine(nodeName, error);
  }
}

/** Names the quarantine in what the apiserver says of it. */
const ofQuarantine = (nodeName: string, error: unknown): unknown =>
  error instanceof ApiError ? new Error(`NodeQuarantine ${nodeName}: ${error.message}`, { cause: error }) : error;
