// https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
import { type Eviction, evict } from '../../kube/eviction.ts';
import { holds } from './decision.ts';
import type { Moved } from './edit-quarantine.ts';
import { type Moving, backOff, clauseOf } from './moving.ts';
import type { HardwarePod } from './record.ts';
import { everywhere } from './tell.ts';

/** Why a budget refuses what it should not, which few people know. */
const advice =
  'A Pod that is not ready is held back by a PodDisruptionBudget that has no other to spare, unless it says ' +
  'unhealthyPodEvictionPolicy: AlwaysAllow. Its eviction is tried again, and never forced';

/** No answer came. That the Pod leaves is one, and the watch often has it by then; else it will tell. */
const unanswered = ({ message }: Error, now: HardwarePod | undefined): Eviction =>
  !now || now.isDeleting ? { result: 'evicted' } : { result: 'failed', message };

/** Evicts a Pod whose move stands in the quarantine, unless it has recovered, and tells what became of it. */
export async function evictSick({ pod, reading }: Moved, moving: Moving, signal: AbortSignal): Promise<void> {
  const { client, known, tell, metrics, progress, writeSemaphore, done, settings } = moving;
  const { uid, namespace, name, node, ownerText: owner } = pod;
  const evicted = await writeSemaphore(async (): Promise<Eviction | undefined> => {
    const now = known.pods.get(uid);
    if (!now?.failing || now.isDeleting) return undefined;
    return evict(client, pod, { signal }).catch((error: Error) => unanswered(error, known.pods.get(uid)));
  });
  if (!evicted || signal.aborted) return;
  metrics.evicted(evicted, pod.failing?.sinceMs ?? Date.now());
  done({ namespace, pod: name, uid, node, ...evicted }, 'Pod evicted, whose hardware fails');
  const hours = settings.ttlMs / 3_600_000;
  switch (evicted.result) {
    case 'evicted': {
      known.leaves(uid);
      progress.refusals.delete(uid);
      progress.awaited.set(owner, { podName: name, node, atMs: Date.now() });
      const note =
        `Pod ${namespace}/${name} was evicted from node ${node}: ${clauseOf(reading)}. Its replacements are kept off ` +
        `that node for ${Number(hours.toFixed(1))} h, or until NodeQuarantine ${node} is deleted.`;
      return tell.about(pod, 'MovedOffNode', note, everywhere);
    }
    case 'gone':
      // By now, or soon, that is also known by the watch.
      backOff(moving, uid);
      return undefined;
    case 'refused':
    case 'failed': {
      const count = backOff(moving, uid);
      const why =
        evicted.result === 'refused' ? `${evicted.message}. ${advice}` : `${evicted.message}; ${holds['backing-off']}`;
      // A reading that is another each time would make an Event each time, of which an object may have only so many.
      const what = count > 1 ? 'its hardware fails still' : clauseOf(reading);
      const note = `Pod ${namespace}/${name} stays on node ${node}, although ${what}: ${why}.`;
      return tell.about(pod, 'MoveHeld', note, ['pod', 'owner']);
    }
    default:
      return evicted satisfies never;
  }
}
