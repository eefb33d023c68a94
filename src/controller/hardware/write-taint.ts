// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
import type { V1Node } from '@kubernetes/client-node';
import type { Connection } from '../../cluster/connection.ts';
import { messageOf, readAnswer } from '../../cluster/read-answer.ts';
import type { TaintChange } from './decide-taints.ts';
import { taintKey } from './node-record.ts';

const limitBytes = 4 * 1024 * 1024;

/** Gives a node our taint or takes it, leaving the others as they are; where another wrote meanwhile, the next call will do. */
export async function writeTaint(
  connection: Connection,
  prefix: string,
  { node, isWanted }: TaintChange,
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/v1/nodes/${node}`;
  const read = await readAnswer(await connection.get(path, { signal }), limitBytes);
  if (read.status === 404) return;
  if (read.status !== 200) throw new Error(`node ${node}: the answer was ${messageOf(read)}`);
  const { metadata, spec } = read.body as V1Node;
  const key = taintKey(prefix);
  const others = (spec?.taints ?? []).filter((taint) => taint.key !== key);
  const taints = isWanted ? [...others, { key, value: 'failed', effect: 'NoSchedule' }] : others;
  // A merge patch replaces a list as a whole: only over the one that was read.
  const body = { metadata: { resourceVersion: metadata?.resourceVersion }, spec: { taints } };
  const answer = await readAnswer(await connection.send('PATCH', path, body, { signal }), limitBytes);
  if (answer.status !== 200 && answer.status !== 404 && answer.status !== 409) {
    throw new Error(`node ${node}: the answer was ${messageOf(answer)}`);
  }
}
