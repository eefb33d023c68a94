// https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
import { systemClock } from '../../cluster/clock.ts';
import type { Connection } from '../../cluster/connection.ts';
import { messageOf, readAnswer } from '../../cluster/read-answer.ts';
import { within } from '../../cluster/within.ts';
import type { NodeQuarantine } from '../../quarantine/quarantine.ts';

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
  connection: Connection,
  webhook: Webhook,
  { metadata }: NodeQuarantine,
  current: () => NodeQuarantine | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (webhook.namespace === '') return [];
  const startedMs = performance.now();
  const replicas = await within(webhook.limitMs, signal, systemClock, (inner) =>
    readyReplicas(connection, webhook, inner),
  );
  for (;;) {
    const seenBy = current()?.status?.seenBy ?? {};
    const missing = replicas.filter((name) => (seenBy[name] ?? 0) < (metadata.generation ?? 0));
    if (missing.length === 0 || signal.aborted || performance.now() - startedMs >= webhook.limitMs) return missing;
    await systemClock.sleep(lookMs, signal);
  }
}

async function readyReplicas(
  connection: Connection,
  { namespace, service }: Webhook,
  signal: AbortSignal,
): Promise<string[]> {
  const selector = new URLSearchParams({ labelSelector: `kubernetes.io/service-name=${service}` });
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?${selector}`;
  const answer = await readAnswer(await connection.get(path, { signal }), 4 * 1024 * 1024);
  if (answer.status !== 200) throw new Error(`the webhook's EndpointSlices: the answer was ${messageOf(answer)}`);
  const endpoints = ((answer.body as { readonly items?: readonly Slice[] }).items ?? []).flatMap(
    (slice) => slice.endpoints ?? [],
  );
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
  return [...new Set(ready.flatMap(({ targetRef }) => targetRef?.name ?? []))];
}
