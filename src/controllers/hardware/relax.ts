import { evict } from '../../kube/eviction.ts';
import { ownerText } from '../../quarantine/quarantine.ts';
import type { HardwareCache } from './cache.ts';
import type { SoftenDecision } from './decision.ts';
import type { HardwareDeps } from './deps.ts';
import { awaitEnforcement } from './enforcement.ts';
import { softened, updateQuarantine } from './quarantines.ts';

/**
 * Makes the nodes that waiting Pods are kept off their last choice: the quarantines say Preferred, and once that is in
 * force the evictions of the Pods are queued, since a Pod cannot be changed. They run nowhere yet, so a dry run does the
 * same. The decisions are in flight already. Never rejects.
 */
export async function relaxNodes(
  softens: readonly SoftenDecision[],
  deps: HardwareDeps,
  signal: AbortSignal,
): Promise<void> {
  const { inFlight, onError } = deps;
  try {
    for (const node of new Set(softens.flatMap(({ nodes }) => nodes))) {
      const owners = softens.filter(({ nodes }) => nodes.includes(node)).map(({ pod }) => pod.ownerText);
      await relaxNode(node, new Set(owners), deps, signal);
    }
    for (const { pod } of softens) deps.requestEviction(pod.uid);
  } catch (error) {
    for (const { pod } of softens) {
      inFlight.delete(pod.uid);
      deps.retries.recordFailure(pod.uid);
      if (!signal.aborted) onError(`Pod ${pod.namespace}/${pod.name} was not let back: ${(error as Error).message}.`);
    }
  }
}

const isQuarantinedFor = (cache: HardwareCache, node: string, owners: ReadonlySet<string>): boolean =>
  cache.quarantines.get(node)?.spec.owners.some(({ owner }) => owners.has(ownerText(owner))) ?? false;

/** Where the quarantine says Preferred already, an earlier leader may have died before that was in force. */
async function relaxNode(
  node: string,
  owners: ReadonlySet<string>,
  deps: HardwareDeps,
  signal: AbortSignal,
): Promise<void> {
  const { cache, writes } = deps;
  const cached = cache.quarantines.get(node);
  if (!cached || !isQuarantinedFor(cache, node, owners)) return;
  const written = await writes(() =>
    updateQuarantine(deps, node, (spec) => softened(spec ?? cached.spec, owners), signal),
  );
  if (written) await awaitEnforcement(written, deps, signal);
}

/** Evicts a Pod that finds no node, so that its owner creates it anew without what keeps it off these nodes. Never rejects. */
export async function evictWaiting(
  { pod: { uid, namespace, name, ownerText: owner }, nodes }: SoftenDecision,
  deps: HardwareDeps,
  signal: AbortSignal,
): Promise<void> {
  const { client, cache, writes, retries, events, onError } = deps;
  try {
    const pod = cache.pods.get(uid);
    if (pod?.node !== '' || pod.isDeleting) return;
    // A taint alone is gone from the node by now: such a Pod needs nothing more.
    if (nodes.some((node) => pod.excludedNodes.includes(node))) {
      const evicted = await writes(() => evict(client, pod, { signal }));
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
