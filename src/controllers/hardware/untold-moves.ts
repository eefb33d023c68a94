// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import type { HardwareDeps } from './deps.ts';
import { movedBeginning, recordMoved } from './move.ts';
import { staleReading } from './quarantines.ts';

type Event = {
  readonly reason?: string;
  readonly message?: string;
  readonly eventTime?: string | null;
  readonly series?: { readonly lastObservedTime?: string } | null;
};

/**
 * Tells of the moves that an earlier leader made and did not tell of, because it died before the answer to the eviction
 * came: the Pod is on its way out and says why, its move stands in the quarantine, and no Event on the node is about it. A
 * Pod that is gone by now says nothing any more.
 */
export async function reportUntoldMoves(
  deps: Pick<HardwareDeps, 'client' | 'cache' | 'clock' | 'events' | 'replacements' | 'settings'>,
  signal: AbortSignal,
): Promise<void> {
  const { client, cache, clock, replacements } = deps;
  const moved = [...cache.pods.values()].flatMap((pod) => {
    if (!pod.isDeleting || !pod.isEvicted) return [];
    const owners = cache.quarantines.get(pod.node)?.spec.owners ?? [];
    return owners.flatMap((entry) => {
      const move = entry.moves.find(({ podUid }) => podUid === pod.uid);
      return move ? [{ pod, entry, atMs: Date.parse(move.at) }] : [];
    });
  });
  if (moved.length === 0) return;
  const fieldSelector = 'involvedObject.kind=Node,reason=MovedOffNode';
  const { items } = await client.list<Event>('/api/v1/namespaces/default/events', { fieldSelector, signal });
  for (const { pod, entry, atMs } of moved) {
    const beginning = movedBeginning(pod);
    const isTold = items.some(
      ({ reason, message = '', eventTime, series }) =>
        reason === 'MovedOffNode' &&
        message.startsWith(`${beginning}:`) &&
        Date.parse(series?.lastObservedTime ?? eventTime ?? '') >= atMs,
    );
    if (isTold) continue;
    recordMoved(pod, staleReading(entry), deps);
    replacements.expect(pod, Math.min(atMs, clock.date().getTime()));
  }
}
