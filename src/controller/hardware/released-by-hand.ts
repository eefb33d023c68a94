// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import type { Connection } from '../../kube/connection.ts';
import { messageOf, readAnswer } from '../../kube/read-answer.ts';
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
export async function readReleasedByHand(connection: Connection, signal: AbortSignal): Promise<Map<string, number>> {
  const selector = new URLSearchParams({ fieldSelector: 'involvedObject.kind=Node,reason=NodeReleased' });
  const response = await connection.get(`/api/v1/namespaces/default/events?${selector}`, { signal });
  const answer = await readAnswer(response, 16 * 1024 * 1024);
  if (answer.status !== 200) throw new Error(`the answer was ${messageOf(answer)}`);
  const released = new Map<string, number>();
  for (const event of (answer.body as { readonly items?: readonly Event[] }).items ?? []) {
    const node = event.involvedObject?.name;
    const atMs = Date.parse(event.series?.lastObservedTime ?? event.eventTime ?? '');
    if (node === undefined || event.action !== byHandAction || Number.isNaN(atMs)) continue;
    released.set(node, Math.max(atMs, released.get(node) ?? 0));
  }
  return released;
}
