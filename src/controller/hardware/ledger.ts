import { type NodeQuarantine, type QuarantinedOwner, ownerText } from '../../quarantine/quarantine.ts';
import type { NodeRecord } from './node-record.ts';
import type { HardwarePod } from './record.ts';
import type { HardwareSettings, Situation } from './situation.ts';

/** What the CRD allows of each. */
export const mostOwners = 512;
export const mostMoves = 256;

/** An apiserver's time of creation has no fractions of a second. */
export const wholeSeconds = (ms: number): number => Math.floor(ms / 1_000) * 1_000;

/** The quarantines, as the brakes and caps count them. */
export type Ledger = {
  readonly node: (name: string) => NodeRecord | undefined;
  readonly entry: (node: string, owner: string) => QuarantinedOwner | undefined;
  /** The nodes that the owner of a Pod is kept off by a taint. */
  readonly taintedFor: (pod: HardwarePod) => readonly string[];
  readonly isQuarantined: (node: string) => boolean;
  readonly isFull: (pod: HardwarePod) => boolean;
  readonly hasMove: (pod: HardwarePod) => boolean;
  /** True for a Pod whose move its owner's cap counts: an older one is gone on with only where the cap has room for it. */
  readonly isCounted: (pod: HardwarePod) => boolean;
  readonly hasOtherNode: (pod: HardwarePod) => boolean;
  readonly movesLeft: (pod: HardwarePod) => number;
  readonly nodesLeft: () => number;
  /** True for a Pod that was made on a node after its owner was to be kept off it. */
  readonly cameBack: (pod: HardwarePod) => boolean;
  /** Counts a move. */
  readonly grant: (pod: HardwarePod) => void;
};

type Held = { readonly owners: Map<string, QuarantinedOwner>; readonly atMs: Map<string, number>; count: number };

/** Reads the quarantines once, so that every question about a Pod is answered without another look at all of them. */
export function createLedger(situation: Situation, settings: HardwareSettings, nowMs: number): Ledger {
  const { windowMs, ownerWindowMs, percent, mostPerOwner } = settings;
  const nodes = new Map<string, NodeRecord>();
  for (const node of situation.nodes) nodes.set(node.name, node);
  const held = new Map<string, Held>();
  const closed = new Set<string>();
  const nodesOfOwner = new Map<string, Set<string>>();
  const counts = (atMs: number): boolean => nowMs - atMs < ownerWindowMs;
  const usedByOwner = new Map<string, number>();
  const use = (owner: string): void => void usedByOwner.set(owner, (usedByOwner.get(owner) ?? 0) + 1);
  const keepOff = (owner: string, node: string): void => {
    const names = nodesOfOwner.get(owner) ?? new Set();
    nodesOfOwner.set(owner, names.add(node));
  };
  let nodesLeft = Math.max(1, Math.floor((nodes.size * percent) / 100));
  for (const { spec, metadata } of situation.quarantines) {
    if (nowMs - createdMsOf(metadata, nowMs) < windowMs) nodesLeft -= 1;
    if (spec.scope === 'Node') closed.add(spec.nodeName);
    const one: Held = { owners: new Map(), atMs: new Map(), count: spec.owners.length };
    held.set(spec.nodeName, one);
    for (const entry of spec.owners) {
      const owner = ownerText(entry.owner);
      one.owners.set(owner, entry);
      keepOff(owner, spec.nodeName);
      for (const { podUid, at } of entry.moves) {
        const atMs = Date.parse(at);
        one.atMs.set(podUid, atMs);
        if (counts(atMs)) use(owner);
      }
    }
  }
  const isUsable = ({ name, isReady, isSchedulable }: NodeRecord): boolean =>
    isReady && isSchedulable && !closed.has(name);
  let usable = 0;
  for (const node of nodes.values()) if (isUsable(node)) usable += 1;
  const isUsableNamed = (name: string): boolean => {
    const node = nodes.get(name);
    return node !== undefined && isUsable(node);
  };

  const entry = (node: string, owner: string): QuarantinedOwner | undefined => held.get(node)?.owners.get(owner);
  const hasMove = ({ node, uid }: HardwarePod): boolean => held.get(node)?.atMs.has(uid) ?? false;
  const isCounted = ({ node, uid }: HardwarePod): boolean => counts(held.get(node)?.atMs.get(uid) ?? -Infinity);
  const cameBack = (pod: HardwarePod): boolean => {
    const kept = entry(pod.node, pod.ownerText);
    return kept?.affinity === 'Required' && pod.createdMs >= wholeSeconds(Date.parse(kept.since)) && !hasMove(pod);
  };
  const countsAsBack = (pod: HardwarePod): boolean => cameBack(pod) && counts(pod.createdMs);
  const grant = ({ node, ownerText: owner }: HardwarePod): void => {
    if (!held.has(node)) {
      nodesLeft -= 1;
      held.set(node, { owners: new Map(), atMs: new Map(), count: 0 });
      if (settings.scope === 'Node' && isUsableNamed(node)) {
        usable -= 1;
        closed.add(node);
      }
    }
    use(owner);
    keepOff(owner, node);
  };

  for (const pod of situation.pods) {
    if (pod.node === '') continue;
    if (situation.underWay.has(pod.uid) && !isCounted(pod)) grant(pod);
    else if (!pod.isDeleting && held.has(pod.node) && countsAsBack(pod)) use(pod.ownerText);
  }

  return {
    node: (name) => nodes.get(name),
    entry,
    taintedFor: ({ ownerText: owner }) =>
      [...(nodesOfOwner.get(owner) ?? [])].filter(
        (name) => closed.has(name) && entry(name, owner)?.affinity === 'Required',
      ),
    isQuarantined: (node) => held.has(node),
    isFull({ node, ownerText: owner }) {
      const kept = entry(node, owner);
      // Older moves make room.
      if (kept) return kept.moves.filter(({ at }) => counts(Date.parse(at))).length >= mostMoves;
      return (held.get(node)?.count ?? 0) >= mostOwners;
    },
    hasMove,
    isCounted,
    hasOtherNode({ node, ownerText: owner }) {
      let others = usable - (isUsableNamed(node) ? 1 : 0);
      for (const name of nodesOfOwner.get(owner) ?? []) if (name !== node && isUsableNamed(name)) others -= 1;
      return others > 0;
    },
    // A Pod that came back counts, but not against itself.
    movesLeft: (pod) => mostPerOwner - (usedByOwner.get(pod.ownerText) ?? 0) + (countsAsBack(pod) ? 1 : 0),
    nodesLeft: () => nodesLeft,
    cameBack,
    grant,
  };
}

/** One that was just written may not say yet when. */
const createdMsOf = ({ creationTimestamp }: NodeQuarantine['metadata'], nowMs: number): number =>
  creationTimestamp === undefined ? nowMs : Date.parse(String(creationTimestamp));
