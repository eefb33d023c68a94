import { createSemaphore } from '../../kube/flow-control.ts';
import { createWorkQueue, runWorkers } from '../../kube/work-queue.ts';
import { announceMove, withdrawMove } from './announce.ts';
import type { Decision, MoveDecision, ReleaseDecision, SoftenDecision, WithdrawDecision } from './decision.ts';
import type { HardwareDeps, Work } from './deps.ts';
import { evictFailing, moveOff, moveWorkOf } from './move.ts';
import { type Taint, nodesToTaint, wantedTaint, writeTaint } from './nodes.ts';
import { evictWaiting, relaxNode } from './relax.ts';
import { release } from './release.ts';

/** Carries out what the passes decide: one act at a time for each node, and one for each Pod. */
export type Acts = {
  /** The Pods on which work is being done, by uid. A new leader finds all of it again in the quarantines. */
  readonly inFlight: ReadonlyMap<string, Work>;
  /** Replaces what the pass before has decided, as far as it was not begun: each pass decides about everything. */
  readonly plan: (decisions: readonly Decision[]) => void;
  /** Acts until the signal ends; resolves when nothing is left running. */
  readonly run: () => Promise<void>;
};

/** More would only wait in the apiserver, and the renewal of the Lease behind them: flow control serves a ServiceAccount in turn. */
const maxWrites = 32;

/** Most workers wait: for the webhook, or for their turn to write. */
const workers = 256;

/** The key of an act on a Pod; that of an act on a node is its name, which has no slash. */
const podKeyPrefix = 'pod/';

/** The key of a Pod that stays, which its application is told: no work on it is in flight. */
const stayKeyPrefix = 'stay/';

/**
 * A node's key writes its quarantine, and then adds the key of each Pod that is to be evicted: an eviction of which no
 * answer comes holds up no other. A Pod that is kept off several nodes passes from the key of one to that of the next.
 */
export function createActs(
  options: Omit<HardwareDeps, 'writes' | 'inFlight' | 'requestEviction'>,
  signal: AbortSignal,
): Acts {
  const { cache, settings, clock, onError } = options;
  const queue = createWorkQueue({ clock }, signal);
  const inFlight = new Map<string, Work>();
  let plan = new Map<string, NodeActs>();
  let plannedMs = 0;
  /** By the uid of the Pod. */
  let withdrawals = new Map<string, WithdrawDecision>();
  /** The softens in flight that have come to a node, by its name. */
  const passedOn = new Map<string, readonly SoftenDecision[]>();
  const deps: HardwareDeps = {
    ...options,
    inFlight,
    writes: createSemaphore(maxWrites),
    requestEviction: (uid) => queue.add(`${podKeyPrefix}${uid}`),
  };

  /** A dry run takes back what an earlier move left, and keeps no Pods off. */
  const mayWrite = (taint: Taint): boolean => settings.mode === 'move' || taint !== 'NoSchedule';
  const nodesWithWrongTaint = (): string[] =>
    nodesToTaint(cache.nodes.values(), cache.quarantines.values()).flatMap(({ node, taint }) =>
      mayWrite(taint) ? [node] : [],
    );

  /** A person released the node after the pass decided: the move would quarantine the node anew. */
  const isReleased = (node: string): boolean => (cache.manualReleases.get(node) ?? -Infinity) >= plannedMs;

  /** Puts the work on a Pod in flight; false where it is in flight, or the Pod has recovered, has a node or is gone. */
  const begin = (work: Work): boolean => {
    const { uid } = work.pod;
    const now = cache.pods.get(uid);
    const isDue =
      now && !now.isDeleting && (work.kind === 'move' ? now.failing !== undefined || work.isAgreed : now.node === '');
    if (!isDue || inFlight.has(uid)) return false;
    inFlight.set(uid, work);
    return true;
  };

  /** Passes a soften on to the next of its nodes, whose quarantine only the key of that node writes, or to its eviction. */
  const passOn = (soften: SoftenDecision, node: string): void => {
    const next = soften.nodes[soften.nodes.indexOf(node) + 1];
    if (next === undefined) return deps.requestEviction(soften.pod.uid);
    passedOn.set(next, [...(passedOn.get(next) ?? []), soften]);
    queue.add(next);
  };

  const actOnNode = async (node: string): Promise<void> => {
    const decided = plan.get(node) ?? noActs;
    // No decision is acted on twice.
    plan.delete(node);
    const due = isReleased(node) ? [] : decided.moves;
    const moves = due.map((decision) => moveWorkOf(decision, cache)).filter(begin);
    const softens = [...(passedOn.get(node) ?? []), ...decided.softens.filter(begin)];
    passedOn.delete(node);
    await moveOff(node, moves, deps, signal);
    if (await relaxNode(node, softens, deps, signal)) for (const soften of softens) passOn(soften, node);
    if (decided.release) await release(decided.release, deps, signal);
    const taint = wantedTaint(cache.quarantines.get(node));
    if (decided.isTaintDue && mayWrite(taint)) await writeTaint(deps, node, taint, signal);
  };

  const actOnPod = async (uid: string): Promise<void> => {
    const work = inFlight.get(uid);
    try {
      if (work?.kind === 'move') await (work.window ? announceMove : evictFailing)(work, deps, signal);
      if (work?.kind === 'soften') await evictWaiting(work, deps, signal);
    } finally {
      inFlight.delete(uid);
    }
  };

  const stay = async (uid: string): Promise<void> => {
    const decision = withdrawals.get(uid);
    withdrawals.delete(uid);
    if (decision) await withdrawMove(decision, deps, signal);
  };

  const reconcile = (key: string): Promise<void> => {
    if (key.startsWith(podKeyPrefix)) return actOnPod(key.slice(podKeyPrefix.length));
    return key.startsWith(stayKeyPrefix) ? stay(key.slice(stayKeyPrefix.length)) : actOnNode(key);
  };
  return {
    inFlight,
    plan(decisions) {
      plannedMs = clock.date().getTime();
      plan = actsByNode(decisions, settings.scope === 'Node' ? nodesWithWrongTaint() : []);
      for (const node of plan.keys()) queue.add(node);
      const staying = decisions.filter((decision) => decision.kind === 'withdraw');
      withdrawals = new Map(staying.map((decision) => [decision.pod.uid, decision]));
      for (const uid of withdrawals.keys()) queue.add(stayKeyPrefix + uid);
    },
    run: () =>
      runWorkers(
        queue,
        {
          workers,
          reconcile,
          onError: (key, { message }) => onError(`What was done about ${key} broke off: ${message}.`),
        },
        signal,
      ),
  };
}

/** What one pass has decided about a node. */
type NodeActs = {
  readonly moves: readonly MoveDecision[];
  /** Those of the Pods whose list of nodes begins with this one. */
  readonly softens: readonly SoftenDecision[];
  readonly release?: ReleaseDecision;
  readonly isTaintDue?: boolean;
};

const noActs: NodeActs = { moves: [], softens: [] };

function actsByNode(decisions: readonly Decision[], taints: readonly string[]): Map<string, NodeActs> {
  const byNode = new Map<string, { moves: MoveDecision[]; softens: SoftenDecision[] } & NodeActs>();
  const of = (node: string) => {
    const acts = byNode.get(node) ?? { moves: [], softens: [] };
    byNode.set(node, acts);
    return acts;
  };
  for (const decision of decisions) {
    if (decision.kind === 'move') of(decision.pod.node).moves.push(decision);
    if (decision.kind === 'soften') of(decision.nodes[0] ?? '').softens.push(decision);
    if (decision.kind === 'release') byNode.set(decision.node, { ...of(decision.node), release: decision });
  }
  for (const node of taints) byNode.set(node, { ...of(node), isTaintDue: true });
  return byNode;
}
