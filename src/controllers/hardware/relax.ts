import { evict } from '../../kube/eviction.ts';
import { ownerText } from '../../quarantine/quarantine.ts';
import type { HardwareCache } from './cache.ts';
import type { SoftenDecision } from './decision.ts';
import type { HardwareDeps } from './deps.ts';
import { awaitEnforcement } from './enforcement.ts';
import type { HardwarePod } from './pod.ts';
import { softened, updateQuarantine } from './quarantines.ts';

/**
 * Makes a node that waiting Pods are kept off their last choice: its quarantine says Preferred, and that is in force. The
 * Pods run nowhere yet, so a dry run does the same. Returns false where that failed, and their work is in flight no more.
 * Never rejects.
 */
export async function relaxNode(
  node: string,
  softens: readonly SoftenDecision[],
  deps: HardwareDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { cache, inFlight, onError } = deps;
  const owners = new Set(softens.map(({ pod }) => pod.ownerText));
  const cached = cache.quarantines.get(node);
  if (!cached || !isQuarantinedFor(cache, node, owners)) return true;
  try {
    const edit = (spec = cached.spec) => softened(spec, owners);
    const written = await updateQuarantine(deps, node, edit, signal);
    // Where the quarantine says Preferred already, an earlier leader may have died before that was in force.
    if (written) await awaitEnforcement(written, deps, signal);
    return true;
  } catch (error) {
    if (!signal.aborted) deps.metrics.unwritten('soften');
    for (const { pod } of softens) {
      inFlight.delete(pod.uid);
      deps.retries.recordFailure(pod.uid);
      if (!signal.aborted) onError(`Pod ${pod.namespace}/${pod.name} was not let back: ${(error as Error).message}.`);
    }
    return false;
  }
}

const isQuarantinedFor = (cache: HardwareCache, node: string, owners: ReadonlySet<string>): boolean =>
  cache.quarantines.get(node)?.spec.owners.some(({ owner }) => owners.has(ownerText(owner))) ?? false;

const isWaiting = (pod: HardwarePod | undefined): boolean => pod?.node === '' && !pod.isDeleting;

/** Evicts a Pod that finds no node, so that its owner creates it anew without what keeps it off these nodes. Never rejects. */
export async function evictWaiting(
  { pod: { uid, namespace, name, ownerText: owner }, nodes }: SoftenDecision,
  deps: HardwareDeps,
  signal: AbortSignal,
): Promise<void> {
  const { client, cache, writes, retries, events, onError } = deps;
  try {
    const pod = cache.pods.get(uid);
    if (!pod || !isWaiting(pod)) return;
    // A taint alone is gone from the node by now: such a Pod needs nothing more.
    if (nodes.some((node) => pod.excludedNodes.includes(node))) {
      // It may have found a node while its eviction waited for its turn.
      const evicted = await writes(async () =>
        isWaiting(cache.pods.get(uid)) ? evict(client, pod, { signal }) : undefined,
      );
      if (!evicted) return;
      deps.onAction({ namespace, pod: name, uid, nodes, ...evicted }, 'Pod evicted that found no node, to be let back');
      if (evicted.result === 'evicted') {
        cache.markEvicted(uid);
        deps.softenHistory.record(pod, deps.clock.date().getTime());
      } else retries.recordFailure(uid);
    }
    const list = nodes.join(', ');
    const isReleased = !nodes.some((node) => isQuarantinedFor(cache, node, new Set([owner])));
    const why = isReleased
      ? `${list}, which ${nodes.length > 1 ? 'are' : 'is'} released by now: it is made anew without that`
      : `${list}, where the hardware failed: it may run there now if nowhere else`;
    const note = `Pod ${namespace}/${name} finds no node while it is kept off ${why}.`;
    events.record(pod, 'ReplacementUnschedulable', note, ['pod', 'owner']);
  } catch (error) {
    retries.recordFailure(uid);
    if (!signal.aborted) onError(`Pod ${namespace}/${name} was not let back: ${(error as Error).message}.`);
  }
}
