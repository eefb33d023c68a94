// https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
import type { Connection } from '../kube/connection.ts';
import { messageOf, readAnswer } from '../kube/read-answer.ts';

/** What became of an eviction: `refused` by a PodDisruptionBudget, which may let it through later. */
export type Evicted =
  | { readonly result: 'evicted' | 'gone' }
  | { readonly result: 'refused' | 'failed'; readonly message: string };

/** What may become of an eviction. */
export const evictionResults: readonly Evicted['result'][] = ['evicted', 'gone', 'refused', 'failed'];

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
    case 429: {
      const budget = budgetOf(answer.body);
      // Without a budget the apiserver is only busy.
      return budget === undefined
        ? { result: 'failed', message: messageOf(answer) }
        : { result: 'refused', message: budget };
    }
    default:
      return { result: 'failed', message: messageOf(answer) };
  }
}

/** What the PodDisruptionBudget that stands in the way says; it names itself only there. */
function budgetOf(body: unknown): string | undefined {
  const { details } = (body ?? {}) as {
    readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
  };
  const cause = details?.causes?.find(({ reason }) => reason === 'DisruptionBudget');
  return cause && (cause.message ?? 'a PodDisruptionBudget does not let it go').replace(/\.$/, '');
}
