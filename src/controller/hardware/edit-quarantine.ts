import { isDeepStrictEqual } from 'node:util';
import { type NodeQuarantine, type QuarantinedOwner, ownerText } from '../../quarantine/quarantine.ts';
import { mostMoves } from './ledger.ts';
import type { HardwarePod } from './record.ts';

type Spec = NodeQuarantine['spec'];

/** What failed, as far as anybody answers for it. */
export type Reading = { readonly check: string; readonly message: string };

/** A Pod that is moved off, and why. */
export type Moved = {
  readonly pod: HardwarePod;
  readonly reading: Reading;
  /** Nobody answered by now: the reading is what stands in the quarantine. */
  readonly isOld?: boolean;
};

/** With a Pod's name and a time behind it, a message has room in the CRD. */
const mostOfOld = 700;

const readBefore = /, as read of Pod \S+ at \S+$/;

/** What was read when the last move of an owner was made, and of which Pod that was. */
export function asRead({ check, message, moves }: QuarantinedOwner): Reading {
  const last = moves.at(-1);
  if (!last || readBefore.test(message)) return { check, message };
  return { check, message: `${message.slice(0, mostOfOld)}, as read of Pod ${last.podName} at ${last.at}` };
}

/** What a quarantine is begun with. */
export type Beginning = Pick<Spec, 'nodeName' | 'bootId' | 'scope'>;

/** How old the time of a move becomes before it is written anew: an eviction is tried about as often at the longest. */
const renewMs = 60_000;

/**
 * The spec with these moves in it, each once however often it is added. One that is gone on with has the minute in
 * which that is: the owner's cap counts the Pods that leave, which a PodDisruptionBudget may put off for hours.
 */
export function withMoves(
  spec: Spec | undefined,
  beginning: Beginning,
  moved: readonly Moved[],
  ttlMs: number,
  now: Date,
): Spec {
  let isChanged = false;
  const owners = new Map((spec?.owners ?? []).map((entry) => [ownerText(entry.owner), entry]));
  const until = new Date(now.getTime() + ttlMs).toISOString();
  for (const { pod, reading, isOld } of moved) {
    const { ownerKey, ownerText: key, uid: podUid, name: podName } = pod;
    const before = owners.get(key);
    const index = before?.moves.findIndex((move) => move.podUid === podUid) ?? -1;
    const earlier = before?.moves[index];
    if (!ownerKey || (earlier && now.getTime() - Date.parse(earlier.at) < renewMs)) continue;
    const move = { podUid, podName, at: now.toISOString() };
    const moves = before?.moves ?? [];
    isChanged = true;
    if (before && earlier && isOld) {
      // It stays at its place: the last one tells when was read what stands here.
      owners.set(key, { ...before, ...asRead(before), until, moves: moves.with(index, move) });
      continue;
    }
    const entry: QuarantinedOwner = {
      owner: ownerKey,
      check: reading.check.slice(0, 2_048),
      message: reading.message.slice(0, 1_024),
      since: before?.since ?? now.toISOString(),
      until,
      affinity: before?.affinity ?? 'Required',
      moves: [...moves.filter((each) => each !== earlier), move].slice(-mostMoves),
    };
    owners.set(key, entry);
  }
  if (spec && !isChanged) return spec;
  // What fails now fails in this boot, which another boot then ends.
  const bootId = beginning.bootId || (spec?.bootId ?? '');
  return { ...(spec ?? beginning), bootId, owners: [...owners.values()] };
}

/** The spec without these owners, as they were seen: one that has failed again since then stays. */
export const withoutOwners = (spec: Spec, gone: readonly QuarantinedOwner[]): Spec => ({
  ...spec,
  owners: spec.owners.filter((entry) => !gone.some((each) => isDeepStrictEqual(each, entry))),
});

/** The spec in which the node is only the last choice for this owner. */
export const softened = (spec: Spec, owner: string): Spec => ({
  ...spec,
  owners: spec.owners.map((entry) =>
    ownerText(entry.owner) === owner ? { ...entry, affinity: 'Preferred' as const } : entry,
  ),
});
