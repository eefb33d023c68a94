// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import { ApiError } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import type { NodeQuarantine } from '../../quarantine/quarantine.ts';
import { isStanding } from './cache.ts';
import type { ReleaseDecision } from './decision.ts';
import type { HardwareDeps } from './deps.ts';
import { releaseDevices } from './device-taints.ts';
import { manualReleaseAction } from './events.ts';
import { deleteQuarantine, updateQuarantine, withoutOwners } from './quarantines.ts';
import { reasons } from './reasons.ts';

/** Releases a node, or some of its owners. What has changed meanwhile is left to the next pass. Never rejects. */
export async function release(
  { node, reason, owners }: ReleaseDecision,
  deps: Pick<HardwareDeps, 'client' | 'cache' | 'events' | 'metrics' | 'onError' | 'prefix' | 'writes'>,
  signal: AbortSignal,
): Promise<void> {
  const { cache, events, metrics, onError, writes } = deps;
  const cached = cache.quarantines.get(node);
  if (!cached) return;
  try {
    if (owners) {
      await updateQuarantine(deps, node, (spec) => withoutOwners(spec ?? cached.spec, owners), signal);
      await releaseDevices(deps, cached, owners, signal);
      return;
    }
    const isDeleted = await writes(async () => {
      // A person may have deleted it while this waited for its turn.
      if (!isStanding(cache, node, cached.metadata.uid)) return false;
      return deleteExpected(cached, deps, signal);
    });
    if (!isDeleted) return;
    cache.drop(cached);
    events.released(node, 'controller', `Node ${node} is released from its quarantine: ${reasons[reason].sentence}.`);
  } catch (error) {
    if (signal.aborted) return;
    metrics.unwritten('release');
    onError(`Node ${node} was not released: ${(error as Error).message}.`);
  }
}

/**
 * Deletes a quarantine, and tells the cache before that this deletion is the controller's. Where the apiserver refuses,
 * nothing was deleted, and the next deletion is a person's. Without an answer that is unknown until the watch reports it.
 */
async function deleteExpected(
  quarantine: NodeQuarantine,
  { client, cache }: Pick<HardwareDeps, 'client' | 'cache'>,
  signal: AbortSignal,
): Promise<boolean> {
  const { uid = '' } = quarantine.metadata;
  cache.expectDeletion(uid, true);
  try {
    const isDeleted = await deleteQuarantine(client, quarantine, signal);
    if (!isDeleted) cache.expectDeletion(uid, false);
    return isDeleted;
  } catch (error) {
    if ((error as Error).cause instanceof ApiError) cache.expectDeletion(uid, false);
    throw error;
  }
}

type Event = {
  readonly action?: string;
  readonly eventTime?: string | null;
  readonly series?: { readonly lastObservedTime?: string } | null;
  readonly involvedObject?: { readonly name?: string };
};

/**
 * When a person last released each node, by the Events of an earlier leader. The apiserver keeps an Event for an hour,
 * which is as long as a manual release counts.
 */
export async function readManualReleases(client: Client, signal: AbortSignal): Promise<Map<string, number>> {
  const fieldSelector = 'involvedObject.kind=Node,reason=NodeReleased';
  const { items } = await client.list<Event>('/api/v1/namespaces/default/events', { fieldSelector, signal });
  const released = new Map<string, number>();
  for (const event of items) {
    const node = event.involvedObject?.name;
    const atMs = Date.parse(event.series?.lastObservedTime ?? event.eventTime ?? '');
    if (node === undefined || event.action !== manualReleaseAction || Number.isNaN(atMs)) continue;
    released.set(node, Math.max(atMs, released.get(node) ?? 0));
  }
  return released;
}
