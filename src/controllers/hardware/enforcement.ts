// https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
import type { Client } from '../../kube/client.ts';
import { systemClock, withDeadline } from '../../kube/clock.ts';
import type { NodeQuarantine } from '../../quarantine/quarantine.ts';
import type { HardwareDeps, WebhookService } from './deps.ts';
import { wantedTaint, writeTaint } from './nodes.ts';

const maxTries = 5;

/**
 * Waits until a quarantine is in force: sets the taint where all Pods are kept off, else waits until every ready replica
 * of the webhook has observed it, but no longer than its limit. Where the webhook is away, the replacement lacks its
 * affinity, and the Pod has to go all the same.
 */
export async function awaitEnforcement(
  quarantine: NodeQuarantine,
  deps: Pick<HardwareDeps, 'client' | 'prefix' | 'webhook' | 'cache' | 'metrics' | 'onAction'>,
  signal: AbortSignal,
): Promise<void> {
  const { nodeName: node, scope } = quarantine.spec;
  if (scope === 'Node') {
    const taint = wantedTaint(quarantine);
    for (let tries = 0; tries < maxTries; tries++) if (await writeTaint(deps, node, taint, signal)) return;
    throw new Error(`node ${node} was changed by others ${maxTries} times in a row`);
  }
  let missing: readonly string[];
  try {
    missing = await laggingReplicas(quarantine, deps, signal);
  } catch (error) {
    missing = [(error as Error).message];
  }
  if (missing.length === 0 || signal.aborted) return;
  deps.metrics.unacknowledged();
  deps.onAction({ node, missing }, 'a quarantine was not acknowledged in time');
}

const pollMs = 20;

/** The ready replicas that have not observed the quarantine's generation within the limit. */
async function laggingReplicas(
  { metadata: { generation = 0 }, spec: { nodeName } }: NodeQuarantine,
  { client, webhook, cache }: Pick<HardwareDeps, 'client' | 'webhook' | 'cache'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (webhook.namespace === '') return [];
  const startedMs = systemClock.now();
  const replicas = await withDeadline(webhook.limitMs, signal, systemClock, (inner) =>
    readyReplicas(client, webhook, inner),
  );
  for (;;) {
    const seenBy = cache.quarantines.get(nodeName)?.status?.seenBy ?? {};
    const lagging = replicas.filter((name) => (seenBy[name] ?? 0) < generation);
    if (lagging.length === 0 || signal.aborted || systemClock.now() - startedMs >= webhook.limitMs) return lagging;
    await systemClock.sleep(pollMs, signal);
  }
}

type Slice = {
  readonly endpoints?:
    | readonly { readonly conditions?: { readonly ready?: boolean }; readonly targetRef?: { readonly name?: string } }[]
    | null;
};

async function readyReplicas(
  client: Client,
  { namespace, service }: WebhookService,
  signal: AbortSignal,
): Promise<string[]> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const { items } = await client.list<Slice>(path, { labelSelector, signal }).catch(({ message }: Error) => {
    throw new Error(`the webhook's EndpointSlices: ${message}`);
  });
  const endpoints = items.flatMap((slice) => slice.endpoints ?? []);
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
  return [...new Set(ready.flatMap(({ targetRef }) => targetRef?.name ?? []))];
}
