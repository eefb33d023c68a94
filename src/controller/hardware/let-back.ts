import { evict } from '../evict.ts';
import type { Decision } from './decision.ts';
import { softened } from './edit-quarantine.ts';
import { enforce } from './enforce.ts';
import { type Moving, backOff } from './moving.ts';
import { writeQuarantine } from './write-quarantine.ts';

/**
 * Lets a Pod that finds no other node back to the ones that its owner is kept off, as the last choice: the quarantines
 * say Preferred, and a Pod that keeps off by itself, which cannot be changed, is evicted so that it is made anew. Never
 * rejects.
 */
export async function letBack(
  { pod, nodes }: Extract<Decision, { kind: 'soften' }>,
  moving: Moving,
  signal: AbortSignal,
): Promise<void> {
  const { connection, known, progress, tell, failed, done } = moving;
  const { uid, namespace, name, ownerText } = pod;
  progress.underWay.add(uid);
  try {
    for (const node of nodes) {
      const held = known.quarantines.get(node);
      if (!held) continue;
      const written = await writeQuarantine(
        connection,
        node,
        held,
        (spec) => softened(spec ?? held.spec, ownerText),
        signal,
      );
      if (written) {
        known.keepWritten(written);
        await enforce(written, moving, signal);
      } else known.drop(held);
    }
    const still = known.pods.get(uid);
    if (still?.node !== '' || still.isDeleting) return;
    if (nodes.some((node) => still.avoids.includes(node))) {
      const evicted = await evict(connection, pod, signal);
      done({ namespace, pod: name, uid, nodes, ...evicted }, 'Pod evicted that found no node, to be let back');
      if (evicted.result === 'evicted') known.leaves(uid);
      else backOff(moving, uid);
    }
    const note =
      `Pod ${namespace}/${name} finds no node while it is kept off ${nodes.join(', ')}, where the hardware failed: ` +
      `it may run there now if nowhere else.`;
    await tell.about(pod, 'ReplacementUnschedulable', note, ['pod', 'owner']);
  } catch (error) {
    backOff(moving, uid);
    if (!signal.aborted) failed(`Pod ${namespace}/${name} was not let back: ${(error as Error).message}.`);
  } finally {
    progress.underWay.delete(uid);
  }
}
