// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import type { Client } from '../../kube/client.ts';
import { byHandAction } from './tell.ts';

type Event = {
  readonly action?: string;
  readonly eventTime?: string | null;
  readonly series?: { readonly lastObservedTime?: string } | null;
  readonly involvedObject?: { readonly name?: string };
};

/**
 * When a person last released each node, as an earlier leader told by Events; the apiserver forgets them after an hour,
 * which is as long as they count.
 */
export async function readReleasedByHand(client: Client, signal: AbortSignal): Promise<Map<string, number>> {
  const fieldSelector = 'involvedObject.kind=Node,reason=NodeReleased';
  const { items } = await client.list<Event>('/api/v1/namespaces/default/events', { fieldSelector, signal });
  const released = new Map<string, number>();
  for (const event of items) {
    const node = event.involvedObject?.name;
    const atMs = Date.parse(event.series?.lastObservedTime ?? event.eventTime ?? '');
    if (node === undefined || event.action !== byHandAction || Number.isNaN(atMs)) continue;
    released.set(node, Math.max(atMs, released.get(node) ?? 0));
  }
  return released;
}
