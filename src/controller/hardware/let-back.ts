import { ownerText } from '../../quarantine/quarantine.ts';
import { evict } from '../evict.ts';
import type { Decision } from './decision.ts';
import { softened } from './edit-quarantine.ts';
import { enforce } from './enforce.ts';
import { type Moving, backOff, countLetBack } from './moving.ts';
import { writeQuarantine } from './write-quarantine.ts';

/**
 * Lets a Pod that finds no other node back to the ones that its owner is kept off, as the last choice: the quarantines
 * say Preferred, and a Pod that keeps off by itself, which cannot be changed, is evicted so that it is made anew. It has
 * run nowhere yet, so a dry run does the same. Never rejects.
 */
export async function letBack(
  { pod, nodes }: Extract<Decision, { kind: 'soften' }>,
  moving: Moving,
  signal: AbortSignal,
): Promise<void> {
  const { connection, known, progress, tell, failed, done } = moving;
  const { uid, namespace, name } = pod;
  progress.underWay.add(uid);
  try {
    let isReleased = true;
    for (const node of nodes) if (await soften(node, pod.ownerText, moving, signal)) isReleased = false;
    const still = known.pods.get(uid);
    if (still?.node !== '' || still.isDeleting) return;
    if (nodes.some((node) => still.avoids.includes(node))) {
      const evicted = await evict(connection, pod, signal);
      done({ namespace, pod: name, uid, nodes, ...evicted }, 'Pod evicted that found no node, to be let back');
      if (evicted.result === 'evicted') {
        known.leaves(uid);
        countLetBack(moving, pod);
      } else backOff(moving, uid);
    }
    const list = nodes.join(', ');
    const why = isReleased
      ? `${list}, which ${nodes.length > 1 ? 'are' : 'is'} released by now: it is made anew without that`
      : `${list}, where the hardware failed: it may run there now if nowhere else`;
    const note = `Pod ${namespace}/${name} finds no node while it is kept off ${why}.`;
    await tell.about(pod, 'ReplacementUnschedulable', note, ['pod', 'owner']);
  } catch (error) {
    backOff(moving, uid);
    if (!signal.aborted) failed(`Pod ${namespace}/${name} was not let back: ${(error as Error).message}.`);
  } finally {
    progress.underWay.delete(uid);
  }
}

/** Sees to it that the node is only the last choice for the owner, if it is quarantined for it still; false where it is not. */
async function soften(node: string, owner: string, moving: Moving, signal: AbortSignal): Promise<boolean> {
  const { connection, known, progress } = moving;
  const quarantine = await progress.inTurn(node, async () => {
    const held = known.quarantines.get(node);
    const entry = held?.spec.owners.find((each) => ownerText(each.owner) === owner);
    // The Pods of an owner are let back together, and the first of them has softened it.
    if (!held || entry?.affinity !== 'Required') return entry && held;
    const written = await writeQuarantine(connection, node, held, (spec) => softened(spec ?? held.spec, owner), signal);
    if (written) known.keepWritten(written);
    else known.drop(held);
    return written;
  });
  if (quarantine) await enforce(quarantine, moving, signal);
  return quarantine !== undefined;
}
