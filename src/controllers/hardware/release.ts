import { type Decision, releases } from './decision.ts';
import { withoutOwners } from './edit-quarantine.ts';
import type { Moving } from './moving.ts';
import { deleteQuarantine, writeQuarantine } from './write-quarantine.ts';

/** Releases a node, or some of its owners; what has changed meanwhile is left to the next look. Never rejects. */
export async function release(
  { node, reason, owners }: Extract<Decision, { kind: 'release' }>,
  { client, known, tell, failed, progress }: Moving,
  signal: AbortSignal,
): Promise<void> {
  const held = known.quarantines.get(node);
  if (!held || progress.releasing.has(node)) return;
  progress.releasing.add(node);
  const uid = held.metadata.uid ?? '';
  try {
    if (owners) {
      const written = await writeQuarantine(
        client,
        node,
        held,
        (spec) => withoutOwners(spec ?? held.spec, owners),
        signal,
      );
      if (written) known.keepWritten(written);
      return;
    }
    known.expectDeletion(uid, true);
    if (await deleteQuarantine(client, held, signal)) {
      known.drop(held);
      tell.released(node, false, `Node ${node} is released from its quarantine: ${releases[reason]}.`);
    } else known.expectDeletion(uid, false);
  } catch (error) {
    // Whether it was deleted is not known: the watch will say, and it was ours then.
    if (!signal.aborted) failed(`Node ${node} was not released: ${(error as Error).message}.`);
  } finally {
    progress.releasing.delete(node);
  }
}
