// https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
import { ApiError } from './api-error.ts';
import type { CallOptions, Client } from './client.ts';

/** What became of an eviction; `refused` by a PodDisruptionBudget, which may allow it later. */
export type Eviction =
  | { readonly result: 'evicted' | 'gone' }
  | { readonly result: 'refused' | 'failed'; readonly message: string };

export const evictionResults: readonly Eviction['result'][] = ['evicted', 'gone', 'refused', 'failed'];

/**
 * Evicts the Pod of this uid through the Eviction API, and no other Pod of the same name: a StatefulSet creates the
 * replacement under the old name. Rejects where no answer came, and it is unknown whether the Pod is evicted.
 */
export async function evict(
  client: Client,
  { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string },
  options: CallOptions,
): Promise<Eviction> {
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace, name },
    deleteOptions: { preconditions: { uid } },
  };
  try {
    await client.create(`/api/v1/namespaces/${namespace}/pods/${name}/eviction`, body, options);
    return { result: 'evicted' };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return refusalOf(error);
  }
}

function refusalOf({ status, summary, causes }: ApiError): Eviction {
  // 409: the Pod of this name has another uid.
  if (status === 404 || status === 409) return { result: 'gone' };
  // The apiserver answers 429 also where it is only busy; a budget names itself in a cause.
  const budget = status === 429 && causes.find(({ reason }) => reason === 'DisruptionBudget');
  if (!budget) return { result: 'failed', message: summary };
  const message = budget.message ?? 'a PodDisruptionBudget does not let it go';
  return { result: 'refused', message: message.replace(/\.$/, '') };
}
