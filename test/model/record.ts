import type { NodeQuarantine } from '../../src/quarantine/quarantine.ts';
import { type Scenario, slots, tickMs } from './scenario.ts';
import { type ModelPod, type State, quarantineTable, uidOf } from './state.ts';

/** What the invariants are checked by: it is no part of the controller, and survives it. */

export const ownerOfSlot = (slot: number): string => slots[slot]!.owner;

const movesIn = (quarantine: NodeQuarantine | undefined): string[] =>
  (quarantine?.spec.owners ?? []).flatMap(({ moves }) => moves.map(({ podUid }) => podUid));

const slotOf = (uid: string): number => Number(uid.slice(1, uid.indexOf('.')));
const lifeOf = (uid: string): number => Number(uid.slice(uid.indexOf('.') + 1));

/** How many ticks a gang that was moved is left to start: ten minutes. */
const restartTicks = 2;

/** Records what a write has begun and charged. */
export function recordWrite(state: State, before: NodeQuarantine | undefined, after: NodeQuarantine): State {
  const begunTicks = before ? state.begunTicks : [...state.begunTicks, [after.metadata.uid ?? '', state.tick] as const];
  const known = new Set(movesIn(before));
  const charged = movesIn(after).filter((uid) => !known.has(uid) && slots[slotOf(uid)]!.isGang);
  const charges = [...state.charges, ...charged.map((uid) => [uid, state.tick] as const)];
  return { ...state, begunTicks, charges };
}

export const recordEviction = (state: State, pod: ModelPod, owner: string): State =>
  pod.isDeleting || state.releasedUids.includes(uidOf(pod))
    ? state
    : { ...state, evictions: [...state.evictions, [owner, state.tick, uidOf(pod)] as const] };

/** A person who deletes a quarantine gives back what it was charged for. */
export function recordReleaseByHand(state: State, number: number): State {
  const gone = quarantineTable.get(number);
  const owners = new Set(gone.spec.owners.map(({ owner }) => owner.name));
  const uids = new Set(movesIn(gone));
  return {
    ...state,
    begunTicks: state.begunTicks.filter(([uid]) => uid !== gone.metadata.uid),
    evictions: state.evictions.filter(([owner]) => !owners.has(owner)),
    charges: state.charges.filter(([uid]) => !uids.has(uid)),
    releasedUids: [...state.releasedUids, ...uids],
  };
}

/** Forgets what no invariant asks about any more, so that equal worlds are one state. */
export const forgetOld = (state: State, { settings }: Scenario): State => ({
  ...state,
  begunTicks: state.begunTicks.filter(([, tick]) => (state.tick - tick) * tickMs < settings.windowMs),
  evictions: state.evictions.filter(([, tick]) => (state.tick - tick) * tickMs < settings.ownerWindowMs),
  charges: state.charges.filter(([, tick]) => state.tick - tick < restartTicks),
});

/** What is wrong with a state, in a sentence; undefined where nothing is. */
export function violationOf(state: State, { settings, gang }: Scenario): string | undefined {
  const { begunTicks, evictions, charges, quarantines } = state;
  const mostNodes = Math.max(1, Math.floor((state.sick.length * settings.percent) / 100));
  if (begunTicks.length > mostNodes)
    return `unbraked: ${begunTicks.length} nodes are quarantined in one window, ${mostNodes} may be`;
  for (const owner of new Set(evictions.map(([each]) => each))) {
    const count = evictions.filter(([each]) => each === owner).length;
    if (count > settings.mostPerOwner)
      return `past the cap: ${count} Pods of ${owner} were evicted in one window, ${settings.mostPerOwner} may be`;
  }
  const lives = new Map<number, string>();
  for (const [uid] of charges) {
    const other = lives.get(lifeOf(uid));
    if (other !== undefined && other !== uid)
      return `doubled: ${other} and ${uid} of one gang were both charged before it had started anew`;
    lives.set(lifeOf(uid), uid);
  }
  if (gang === 'half' && evictions.some(([owner]) => owner === 'train'))
    return 'half a move: a worker of a gang that would hang was evicted';
  const named = new Set([
    ...quarantines.filter(Boolean).flatMap((number) => movesIn(quarantineTable.get(number))),
    ...state.releasedUids,
  ]);
  const unnamed = evictions.find(([, tick, uid]) => tick === state.tick && !named.has(uid));
  if (unnamed) return `out of order: Pod ${unnamed[2]} was evicted, and no quarantine names it`;
  return undefined;
}
