// https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
import { systemClock } from '../../kube/clock.ts';
import type { Client } from '../../kube/client.ts';
import { withDeadline } from '../../kube/clock.ts';
import type { NodeQuarantine } from '../../quarantines/quarantine.ts';

/** The webhook's Service, and how long its replicas may take to see a quarantine; an empty namespace: there is none. */
export type Webhook = { readonly namespace: string; readonly service: string; readonly limitMs: number };

type Slice = {
  readonly endpoints?:
    | readonly { readonly conditions?: { readonly ready?: boolean }; readonly targetRef?: { readonly name?: string } }[]
    | null;
};

const lookMs = 20;

/**
 * Waits until every ready replica of the webhook keeps Pods off by this quarantine, which `current` gives as it is
 * known; says which replicas have not, within the limit, and never waits longer.
 */
export async function missingReplicas(
  client: Client,
  webhook: Webhook,
  { metadata }: NodeQuarantine,
  current: () => NodeQuarantine | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (webhook.namespace === '') return [];
  const startedMs = performance.now();
  const replicas = await withDeadline(webhook.limitMs, signal, systemClock, (inner) =>
    readyReplicas(client, webhook, inner),
  );
  for (;;) {
    const seenBy = current()?.status?.seenBy ?? {};
    const missing = replicas.filter((name) => (seenBy[name] ?? 0) < (metadata.generation ?? 0));
    if (missing.length === 0 || signal.aborted || performance.now() - startedMs >= webhook.limitMs) return missing;
    await systemClock.sleep(lookMs, signal);
  }
}

async function readyReplicas(client: Client, { namespace, service }: Webhook, signal: AbortSignal): Promise<string[]> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const { items } = await client.list<Slice>(path, { labelSelector, signal }).catch(({ message }: Error) => {
    throw new Error(`the webhook's EndpointSlices: ${message}`);
  });
  const endpoints = items.flatMap((slice) => slice.endpoints ?? []);
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
  return [...new Set(ready.flatMap(({ targetRef }) => targetRef?.name ?? []))];
}
