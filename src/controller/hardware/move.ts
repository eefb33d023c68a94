// https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
import type { NodeQuarantine } from '../../quarantine/quarantine.ts';
import { systemClock } from '../../cluster/clock.ts';
import { type Moved, asRead, withMoves } from './edit-quarantine.ts';
import { enforce } from './enforce.ts';
import { evictSick } from './evict-sick.ts';
import { holdPassing } from './hold-passing.ts';
import { type Moving, clauseOf } from './moving.ts';
import type { HardwarePod } from './record.ts';
import { writeQuarantine } from './write-quarantine.ts';

/**
 * Moves Pods off their node in the one order that is safe to break off anywhere: the quarantine names them, it is in
 * force, and only then are they evicted. Each step may be done again without effect, so a new leader that finds a
 * Pod in the quarantine goes on where the last one stopped. Never rejects.
 */
export async function moveOff(
  node: string,
  pods: readonly HardwarePod[],
  moving: Moving,
  signal: AbortSignal,
): Promise<void> {
  const { known, progress, failed, atMost } = moving;
  for (const { uid } of pods) progress.underWay.add(uid);
  try {
    const moved = await readAll(node, pods, moving, signal);
    if (moved.length === 0) return;
    // What fails a moment later on this node is written after this, not against it.
    const quarantine = await progress.inTurn(node, () => atMost(() => quarantineFor(node, moved, moving, signal)));
    if (!quarantine) return;
    await enforce(quarantine, moving, signal);
    // Released meanwhile: a person's word counts for more than ours.
    if (known.quarantines.get(node)?.metadata.uid !== quarantine.metadata.uid) return;
    await Promise.all(moved.map((each) => evictSick(each, moving, signal)));
  } catch (error) {
    if (signal.aborted) return;
    failed(`The move off node ${node} broke off, and is gone on with: ${(error as Error).message}.`);
    // Whether it was written may not be known yet: the brake counts it until the watch has told.
    await systemClock.sleep(moving.retryMs, signal);
  } finally {
    for (const { uid } of pods) progress.underWay.delete(uid);
  }
}

/** Those that still fail, with what fails by now; where nobody says, a move that is gone on with has what was read before. */
async function readAll(
  node: string,
  pods: readonly HardwarePod[],
  moving: Moving,
  signal: AbortSignal,
): Promise<Moved[]> {
  const { known, progress, ask, tell } = moving;
  const entries = known.quarantines.get(node)?.spec.owners ?? [];
  const read = async (pod: HardwarePod): Promise<Moved | undefined> => {
    const held = entries.find(({ moves }) => moves.some(({ podUid }) => podUid === pod.uid));
    const answer = await ask(pod, signal);
    if (answer.kind === 'passes') {
      await holdPassing(moving, pod);
      return undefined;
    }
    progress.passing.delete(pod.uid);
    if (held && answer.kind === 'unknown') return { pod, reading: asRead(held), isOld: true };
    if (held) return { pod, reading: answer.reading };
    await tell.about(pod, 'HardwareFailed', `${clauseOf(answer.reading)}.`, ['pod', 'node']);
    return { pod, reading: answer.reading };
  };
  const moved = (await Promise.all(pods.map(read))).filter((each) => each !== undefined);
  return moved.filter(({ pod: { uid } }) => known.pods.get(uid)?.failing && !known.pods.get(uid)?.isDeleting);
}

async function quarantineFor(
  nodeName: string,
  moved: readonly Moved[],
  { connection, known, settings }: Moving,
  signal: AbortSignal,
): Promise<NodeQuarantine | undefined> {
  const held = known.quarantines.get(nodeName);
  const beginning = { nodeName, bootId: known.nodes.get(nodeName)?.bootId ?? '', scope: settings.scope };
  const now = new Date();
  const written = await writeQuarantine(
    connection,
    nodeName,
    held,
    (spec) => withMoves(spec, beginning, moved, settings.ttlMs, now),
    signal,
  );
  if (written) known.keepWritten(written);
  else if (held) known.drop(held);
  return written;
}
