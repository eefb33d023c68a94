// https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
import type { Connection } from '../cluster/connection.ts';
import { messageOf, readAnswer } from '../cluster/read-answer.ts';

/** What became of an eviction: `refused` by a PodDisruptionBudget, which may let it through later. */
export type Evicted =
  | { readonly result: 'evicted' | 'gone' }
  | { readonly result: 'refused' | 'failed'; readonly message: string };

/** Evicts a Pod through the Eviction API, and only the very Pod of this uid. */
export async function evict(
  connection: Connection,
  { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string },
  signal: AbortSignal,
): Promise<Evicted> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace, name },
    // A Pod of a StatefulSet comes back under the same name, and must not be taken for this one.
    deleteOptions: { preconditions: { uid } },
  };
  const answer = await readAnswer(await connection.send('POST', path, body, { signal }), 1024 * 1024);
  switch (answer.status) {
    case 200:
    case 201:
      return { result: 'evicted' };
    // Gone, or another of the same name.
    case 404:
    case 409:
      return { result: 'gone' };
    case 429:
      return { result: 'refused', message: messageOf(answer) };
    default:
      return { result: 'failed', message: messageOf(answer) };
  }
}
