// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
import type { Connection } from '../../cluster/connection.ts';
import { messageOf, readAnswer } from '../../cluster/read-answer.ts';
import type { NodeQuarantine } from '../../quarantine/quarantine.ts';
import { quarantinesPath } from '../../cluster/follow-quarantines.ts';

type Spec = NodeQuarantine['spec'];

const limitBytes = 8 * 1024 * 1024;
const mostTries = 5;

/**
 * Writes a node's quarantine as `edit` makes it of what the apiserver has, whoever wrote it last; undefined where it was
 * deleted meanwhile. `edit` may be called again, and giving back the spec as it came writes nothing.
 */
export async function writeQuarantine(
  connection: Connection,
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
    const response = current
      ? await connection.send('PUT', path, body, { signal })
      : await connection.send('POST', quarantinesPath, body, { signal });
    const answer = await readAnswer(response, limitBytes);
    if (answer.status === 200 || answer.status === 201) return answer.body as NodeQuarantine;
    // Deleted while it was written: somebody released the node.
    if (answer.status === 404 && current) return undefined;
    if (answer.status !== 409) throw new Error(`NodeQuarantine ${nodeName}: the answer was ${messageOf(answer)}`);
    const there = await readAnswer(await connection.get(path, { signal }), limitBytes);
    if (there.status === 404 && !isNew) return undefined;
    if (there.status !== 200 && there.status !== 404) {
      throw new Error(`NodeQuarantine ${nodeName}: the answer was ${messageOf(there)}`);
    }
    current = there.status === 200 ? (there.body as NodeQuarantine) : undefined;
  }
  throw new Error(`NodeQuarantine ${nodeName} was changed by others ${mostTries} times in a row`);
}

/** Deletes a node's quarantine, and only as it was seen; false where it is not so any more, and is to be looked at again. */
export async function deleteQuarantine(
  connection: Connection,
  { metadata: { uid, resourceVersion }, spec: { nodeName } }: NodeQuarantine,
  signal: AbortSignal,
): Promise<boolean> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
  const answer = await readAnswer(
    await connection.send('DELETE', `${quarantinesPath}/${nodeName}`, body, { signal }),
    limitBytes,
  );
  if (answer.status === 409) return false;
  if (answer.status !== 200 && answer.status !== 202 && answer.status !== 404) {
    throw new Error(`NodeQuarantine ${nodeName}: the answer was ${messageOf(answer)}`);
  }
  return true;
}
