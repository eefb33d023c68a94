import { type NodeQuarantine, type QuarantinedOwner, ownerText } from '../../quarantine/quarantine.ts';
import { createGangMoves } from './gang-moves.ts';
import { type Shortage, sharesByOwner, shortageOf } from './gang-size.ts';
import type { HardwareNode } from './nodes.ts';
import { type HardwarePod, wholeSeconds } from './pod.ts';
import { type Counted, limitDetail } from './limit-details.ts';
import { type Room, createRoom, mostMoves } from './room.ts';
import { emptyingRoom, shareRefusal } from '../shares.ts';

export type BudgetSettings = {
  readonly scope: 'Owner' | 'Node';
  /** The label of nodes whose values are the pools that have a brake each; empty: all nodes are one pool. */
  readonly poolLabel: string;
  /** The brake: how many nodes of a pool may be quarantined in `windowMs`; at least one. Each counts for one namespace. */
  readonly percent: number;
  readonly windowMs: number;
  /** The cap: how many Pods of one owner may be moved in `ownerWindowMs`. */
  readonly mostPerOwner: number;
  readonly ownerWindowMs: number;
};

/** What the brake and the caps are computed from. */
export type BudgetInput = {
  readonly pods: readonly HardwarePod[];
  readonly quarantines: readonly NodeQuarantine[];
  readonly nodes: readonly HardwareNode[];
  /** The uids of the Pods that are being moved or softened for at this moment. */
  readonly inFlight: Pick<ReadonlySet<string>, 'has'>;
};

/** How many more nodes may be quarantined and Pods moved, by what stands in the quarantines: a restart forgets nothing. */
export type RemediationBudget = {
  readonly node: (name: string) => HardwareNode | undefined;
  readonly entry: (node: string, owner: string) => QuarantinedOwner | undefined;
  /** The nodes that the owner of a Pod is kept off by a taint. */
  readonly taintedFor: (pod: HardwarePod) => readonly string[];
  /** Why the quarantine of the Pod's node has no room for its owner or its move. */
  readonly roomRefusal: (pod: HardwarePod) => 'quarantine-full' | 'quarantine-share' | undefined;
  /** Why the Pod's node may not be quarantined, where it is not yet. */
  readonly brakeRefusal: (pod: HardwarePod) => 'brake' | 'brake-share' | undefined;
  /** What fills the limit that holds a Pod back, and from when there is room again. */
  readonly limitDetail: (pod: HardwarePod, limit: Limit) => string;
  /** When a quarantine was last begun for the Pods of this namespace: the brake serves the namespaces in turn. */
  readonly lastBegunMs: (namespace: string) => number;
  readonly hasMove: (pod: HardwarePod) => boolean;
  /** True if the Pod's move is inside the owner's window. A move older than the window resumes only if the cap has room for it. */
  readonly isCounted: (pod: HardwarePod) => boolean;
  readonly hasOtherNode: (pod: HardwarePod) => boolean;
  /** The Pods of its gang that the other nodes cannot hold at once, where that can be known. */
  readonly gangShortage: (pod: HardwarePod) => Shortage | undefined;
  readonly movesLeft: (pod: HardwarePod) => number;
  /** True for a Pod that was created on a node after its owner was to be kept off it. */
  readonly cameBack: (pod: HardwarePod) => boolean;
  /** True while another move of the Pod's gang is not over: it is over when the gang is ready again, or after ten minutes. */
  readonly isGangRestarting: (pod: HardwarePod) => boolean;
  /** Counts one more move. */
  readonly reserve: (pod: HardwarePod) => void;
};

/** The limits that count over a window of time. */
type Limit = 'brake' | 'brake-share' | 'owner-cap';

type NodeEntries = {
  readonly owners: Map<string, QuarantinedOwner>;
  readonly atMs: Map<string, number>;
  readonly room: Room;
  /** The owners whose first move is planned and not written yet. */
  readonly planned: Set<string>;
};

const entriesOf = (owners: readonly QuarantinedOwner[]): NodeEntries => ({
  owners: new Map(),
  atMs: new Map(),
  room: createRoom(owners),
  planned: new Set(),
});

/** No namespace has a slash in its name. */
const shareKey = (namespace: string, pool: string): string => `${namespace}/${pool}`;

/** Reads all quarantines once: every question about one Pod then takes constant time. */
export function createBudget(input: BudgetInput, settings: BudgetSettings, nowMs: number): RemediationBudget {
  const { windowMs, ownerWindowMs, percent, mostPerOwner } = settings;
  const nodes = new Map<string, HardwareNode>();
  for (const node of input.nodes) nodes.set(node.name, node);
  const byNode = new Map<string, NodeEntries>();
  const closed = new Set<string>();
  const nodesOfOwner = new Map<string, Set<string>>();
  const counts = (atMs: number): boolean => nowMs - atMs < ownerWindowMs;
  const usedByOwner = new Map<string, number>();
  const use = (owner: string): void => void usedByOwner.set(owner, (usedByOwner.get(owner) ?? 0) + 1);
  const nodesInWindow: (Counted & { readonly namespace: string; readonly pool: string })[] = [];
  const movesInWindow = new Map<string, Counted[]>();
  /** What was said of each limit: a node that fails holds many Pods back by the same one. */
  const details = new Map<string, string>();
  const exclude = (owner: string, node: string): void => {
    const names = nodesOfOwner.get(owner) ?? new Set();
    nodesOfOwner.set(owner, names.add(node));
  };
  const poolOf = (node: string): string => nodes.get(node)?.pool ?? '';
  /** Of which pool a node was that is gone, nothing says: it counts for each, since a sick pool may replace its nodes. */
  const poolsOf = (node: string): Iterable<string> => (nodes.has(node) ? [poolOf(node)] : sizeOfPool.keys());
  const sizeOfPool = new Map<string, number>();
  for (const { pool } of nodes.values()) sizeOfPool.set(pool, (sizeOfPool.get(pool) ?? 0) + 1);
  const mostNodesOf = (pool: string): number => Math.max(1, Math.floor(((sizeOfPool.get(pool) ?? 0) * percent) / 100));
  const nodesBegun = new Map<string, number>();
  const nodesBegunFor = new Map<string, number>();
  const lastBegunMs = new Map<string, number>();
  const begin = (namespace: string, pool: string): void => {
    nodesBegun.set(pool, (nodesBegun.get(pool) ?? 0) + 1);
    const share = shareKey(namespace, pool);
    nodesBegunFor.set(share, (nodesBegunFor.get(share) ?? 0) + 1);
  };
  for (const { spec, metadata } of input.quarantines) {
    // The first entry is that of the owner for which the quarantine was begun.
    const namespace = spec.owners[0]?.owner.namespace ?? '';
    const begunMs = metadata.creationTimestamp === undefined ? nowMs : Date.parse(String(metadata.creationTimestamp));
    if (brakeCounts(metadata, windowMs, nowMs)) {
      for (const pool of poolsOf(spec.nodeName)) {
        begin(namespace, pool);
        nodesInWindow.push({ name: spec.nodeName, atMs: begunMs, namespace, pool });
      }
    }
    lastBegunMs.set(namespace, Math.max(begunMs, lastBegunMs.get(namespace) ?? -Infinity));
    if (spec.scope === 'Node') closed.add(spec.nodeName);
    const one = entriesOf(spec.owners);
    byNode.set(spec.nodeName, one);
    for (const entry of spec.owners) {
      const owner = ownerText(entry.owner);
      one.owners.set(owner, entry);
      if (entry.affinity !== 'None') exclude(owner, spec.nodeName);
      for (const { podUid, at } of entry.moves) {
        const atMs = Date.parse(at);
        one.atMs.set(podUid, atMs);
        if (!counts(atMs)) continue;
        use(owner);
        const moved = movesInWindow.get(owner) ?? [];
        movesInWindow.set(owner, moved);
        moved.push({ name: spec.nodeName, atMs });
      }
    }
  }
  const isUsable = ({ name, isReady, isSchedulable }: HardwareNode): boolean =>
    isReady && isSchedulable && !closed.has(name);
  let usable = 0;
  for (const node of nodes.values()) if (isUsable(node)) usable += 1;
  const isUsableNamed = (name: string): boolean => {
    const node = nodes.get(name);
    return node !== undefined && isUsable(node);
  };

  const entry = (node: string, owner: string): QuarantinedOwner | undefined => byNode.get(node)?.owners.get(owner);
  const hasMove = ({ node, uid }: HardwarePod): boolean => byNode.get(node)?.atMs.has(uid) ?? false;
  const isInWindow = ({ node, uid }: HardwarePod): boolean => counts(byNode.get(node)?.atMs.get(uid) ?? -Infinity);
  // The application was promised a move at the end of its time, which may be longer than the owner's window.
  const isCounted = (pod: HardwarePod): boolean => isInWindow(pod) || (pod.moveUntilMs !== undefined && hasMove(pod));
  const gangs = createGangMoves(input, nowMs);
  const cameBack = (pod: HardwarePod): boolean => {
    const present = entry(pod.node, pod.ownerText);
    return (
      present?.affinity === 'Required' && pod.createdMs >= wholeSeconds(Date.parse(present.since)) && !hasMove(pod)
    );
  };
  const countsAsBack = (pod: HardwarePod): boolean => cameBack(pod) && counts(pod.createdMs);
  const isNewOwner = ({ node, ownerText: owner }: HardwarePod): boolean =>
    entry(node, owner) === undefined && !byNode.get(node)?.planned.has(owner);
  const reserve = (pod: HardwarePod): void => {
    const { node, ownerText: owner, namespace } = pod;
    const present = byNode.get(node);
    const entries = present ?? entriesOf([]);
    if (!present) {
      begin(namespace, poolOf(node));
      nodesInWindow.push({ name: node, atMs: nowMs, namespace, pool: poolOf(node) });
      details.clear();
      byNode.set(node, entries);
      if (settings.scope === 'Node' && isUsableNamed(node)) {
        usable -= 1;
        closed.add(node);
      }
    }
    if (!hasMove(pod)) entries.room.takeFor(pod, isNewOwner(pod));
    if (entry(node, owner) === undefined) entries.planned.add(owner);
    use(owner);
    exclude(owner, node);
    if (pod.gang) gangs.begin(owner);
  };

  /** Those whose Pods may be moved: a share is kept only where there is another namespace to keep it for. */
  const namespaces = new Set<string>();
  for (const pod of input.pods) {
    if (pod.isChecked && !pod.ineligible) namespaces.add(pod.namespace);
    if (pod.node === '') continue;
    if (input.inFlight.has(pod.uid) && !isCounted(pod)) reserve(pod);
    else if (!pod.isDeleting && isCounted(pod) && !isInWindow(pod)) use(pod.ownerText);
    else if (!pod.isDeleting && byNode.has(pod.node) && countsAsBack(pod)) use(pod.ownerText);
  }

  /** Read where a gang is about to be moved, which is seldom. */
  let sharesOfGangs: ReturnType<typeof sharesByOwner> | undefined;

  const detailOf = ({ namespace, node, ownerText: owner }: HardwarePod, limit: Limit): string => {
    if (limit === 'owner-cap') {
      const moved = movesInWindow.get(owner) ?? [];
      return limitDetail(moved, { most: mostPerOwner, what: 'Pods of its owner moved', windowMs: ownerWindowMs });
    }
    const pool = poolOf(node);
    const ofPool = pool === '' ? '' : ` of pool ${pool}`;
    const what = `nodes${ofPool} (${percent}% of ${sizeOfPool.get(pool) ?? 0}, at least one)`;
    const inPool = nodesInWindow.filter((each) => each.pool === pool);
    if (limit === 'brake') return limitDetail(inPool, { most: mostNodesOf(pool), what, windowMs });
    const own = inPool.filter((each) => each.namespace === namespace);
    return limitDetail(own, { most: own.length, what: `${what} for its namespace`, windowMs });
  };

  return {
    node: (name) => nodes.get(name),
    entry,
    taintedFor: ({ ownerText: owner }) =>
      [...(nodesOfOwner.get(owner) ?? [])].filter(
        (name) => closed.has(name) && entry(name, owner)?.affinity === 'Required',
      ),
    roomRefusal(pod) {
      const { node, ownerText: owner } = pod;
      const entries = byNode.get(node);
      if (!entries || hasMove(pod)) return undefined;
      const moves = entry(node, owner)?.moves ?? [];
      // Older moves make room.
      if (moves.filter(({ at }) => counts(Date.parse(at))).length >= mostMoves) return 'quarantine-full';
      const refusal = entries.room.refusalFor(pod, isNewOwner(pod));
      return refusal && `quarantine-${refusal}`;
    },
    brakeRefusal({ node, namespace }) {
      if (byNode.has(node)) return undefined;
      const isShared = namespaces.size > (namespaces.has(namespace) ? 1 : 0);
      const pool = poolOf(node);
      const own = nodesBegunFor.get(shareKey(namespace, pool)) ?? 0;
      const taken = nodesBegun.get(pool) ?? 0;
      const refusal = shareRefusal(emptyingRoom(mostNodesOf(pool), isShared), { taken, own, cost: 1 });
      return refusal && (refusal === 'full' ? 'brake' : 'brake-share');
    },
    limitDetail(pod, limit) {
      const key = `${limit} ${limit === 'owner-cap' ? pod.ownerText : shareKey(pod.namespace, poolOf(pod.node))}`;
      const detail = details.get(key) ?? detailOf(pod, limit);
      details.set(key, detail);
      return detail;
    },
    lastBegunMs: (namespace) => lastBegunMs.get(namespace) ?? -Infinity,
    hasMove,
    isCounted,
    hasOtherNode({ node, ownerText: owner }) {
      let others = usable - (isUsableNamed(node) ? 1 : 0);
      for (const name of nodesOfOwner.get(owner) ?? []) if (name !== node && isUsableNamed(name)) others -= 1;
      return others > 0;
    },
    gangShortage({ node, ownerText: owner }) {
      sharesOfGangs ??= sharesByOwner(input.pods);
      const shares = sharesOfGangs.get(owner) ?? [];
      const kept = nodesOfOwner.get(owner);
      const others = [...nodes.values()].filter(
        (each) => each.name !== node && isUsable(each) && !kept?.has(each.name),
      );
      return shortageOf(
        shares,
        others.map(({ allocatable }) => allocatable),
      );
    },
    // A Pod that came back counts, but not against itself.
    movesLeft: (pod) => mostPerOwner - (usedByOwner.get(pod.ownerText) ?? 0) + (countsAsBack(pod) ? 1 : 0),
    cameBack,
    isGangRestarting: (pod) => !hasMove(pod) && gangs.isRestarting(pod.ownerText),
    reserve,
  };
}

/** Whether the brake counts a quarantine, by when it was created: one that was just written may not say yet when. */
export const brakeCounts = (
  { creationTimestamp }: NodeQuarantine['metadata'],
  windowMs: number,
  nowMs: number,
): boolean => creationTimestamp === undefined || nowMs - Date.parse(String(creationTimestamp)) < windowMs;
