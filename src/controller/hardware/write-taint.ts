// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
import type { V1Node } from '@kubernetes/client-node';
import type { Connection } from '../../kube/connection.ts';
import { messageOf, readAnswer } from '../../kube/read-answer.ts';
import type { TaintChange } from './decide-taints.ts';
import { taintKey } from './node-record.ts';

const limitBytes = 4 * 1024 * 1024;

/** Gives a node our taint or takes it, leaving the others as they are; false where another wrote meanwhile. */
export async function writeTaint(
  connection: Connection,
  prefix: string,
  { node, taint }: TaintChange,
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/api/v1/nodes/${node}`;
  const read = await readAnswer(await connection.get(path, { signal }), limitBytes);
  if (read.status === 404) return true;
  if (read.status !== 200) throw new Error(`node ${node}: the answer was ${messageOf(read)}`);
  const { metadata, spec } = read.body as V1Node;
  const key = taintKey(prefix);
  const others = (spec?.taints ?? []).filter((each) => each.key !== key);
  const taints = taint === '' ? others : [...others, { key, value: 'failed', effect: taint }];
  // A merge patch replaces a list as a whole: only over the one that was read.
  const body = { metadata: { resourceVersion: metadata?.resourceVersion }, spec: { taints } };
  const answer = await readAnswer(await connection.send('PATCH', path, body, { signal }), limitBytes);
  if (answer.status === 409) return false;
  if (answer.status !== 200 && answer.status !== 404) {
    throw new Error(`node ${node}: the answer was ${messageOf(answer)}`);
  }
  return true;
}
