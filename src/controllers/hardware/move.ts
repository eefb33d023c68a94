// https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
// https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
import { ApiError, ignoreNotFound } from '../../kube/api-error.ts';
import { type Eviction, evict } from '../../kube/eviction.ts';
import { type NodeQuarantine, quarantinesPath } from '../../quarantine/quarantine.ts';
import { type HardwareCache, isStanding } from './cache.ts';
import type { MoveDecision } from './decision.ts';
import type { HardwareDeps, MoveWork } from './deps.ts';
import { taintDevice } from './device-taints.ts';
import { awaitEnforcement } from './enforcement.ts';
import { clauseOf } from './events.ts';
import type { HardwarePod } from './pod.ts';
import type { SensorReading } from './reading.ts';
import { type PlannedMove, staleReading, updateQuarantine, withMoves } from './quarantines.ts';
import { reasons } from './reasons.ts';
import { backoffMs } from './retries.ts';

/**
 * Moves Pods off their node in the one order that may break off anywhere: the quarantine names them, it is in force, and
 * only then their evictions are queued. Each step may be done again without effect, so a new leader that finds a Pod in
 * the quarantine resumes where the last one stopped. The moves are in flight already. Never rejects.
 */
export async function moveOff(
  node: string,
  moves: readonly MoveWork[],
  deps: HardwareDeps,
  signal: AbortSignal,
): Promise<void> {
  if (moves.length === 0) return;
  const before = deps.cache.quarantines.get(node)?.metadata.uid;
  const refusal = await moveTogether(node, moves, deps, signal);
  if (!refusal) return;
  const byNamespace = Map.groupBy(moves, ({ pod }) => pod.namespace);
  for (const ofOne of byNamespace.values()) {
    // A person may have deleted the quarantine between two tries, which must not make it again.
    if (before !== undefined && !isStanding(deps.cache, node, before)) {
      for (const { pod } of ofOne) deps.inFlight.delete(pod.uid);
      continue;
    }
    // What the apiserver refuses may be the doing of one namespace: the others are moved without it.
    const last = byNamespace.size > 1 ? await moveTogether(node, ofOne, deps, signal) : refusal;
    if (!last) continue;
    if (!signal.aborted) reportUnwritten(ofOne, last, deps);
    for (const { pod } of ofOne) deps.inFlight.delete(pod.uid);
  }
}

/**
 * Returns why the apiserver refused to write the moves, which are in flight still; undefined where it did not. Where no
 * answer comes, the quarantine may stand: the Pods stay in flight, so that the brake counts them, and the same is written
 * again until an answer says what stands. Never rejects.
 */
async function moveTogether(
  node: string,
  moves: readonly MoveWork[],
  deps: HardwareDeps,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const { cache, clock, inFlight, onError, metrics } = deps;
  const begunMs = clock.date().getTime();
  for (let tries = 1; ; tries += 1) {
    try {
      const quarantineUid = await quarantine(node, moves, deps, signal);
      for (const move of moves) {
        if (quarantineUid === undefined) inFlight.delete(move.pod.uid);
        else {
          inFlight.set(move.pod.uid, { ...move, quarantineUid });
          deps.requestEviction(move.pod.uid);
        }
      }
      return undefined;
    } catch (error) {
      if (!signal.aborted) {
        onError(`The move off node ${node} broke off, and is gone on with: ${(error as Error).message}.`);
        metrics.unwritten('move');
      }
      const { cause } = error as Error;
      // What is refused now says nothing of an earlier try, and a server that fails may have written all the same.
      const isSure = tries === 1 && cause instanceof ApiError && cause.status < 500;
      if (isSure || (cause instanceof ApiError && (await readStanding(node, deps, signal)))) return error as Error;
      if (!signal.aborted) reportUnwritten(moves, error as Error, deps);
    }
    await clock.sleep(backoffMs(tries, deps.retryMs), signal);
    const isReleased = (cache.manualReleases.get(node) ?? -Infinity) >= begunMs;
    const isOver = !moves.some(({ pod }) => cache.pods.get(pod.uid)?.failing);
    const isKnown = isReleased || isWritten(moves, cache.quarantines.get(node));
    if (!signal.aborted && !isKnown && !(isOver && (await readStanding(node, deps, signal)))) continue;
    for (const { pod } of moves) inFlight.delete(pod.uid);
    return undefined;
  }
}

/** Whether each of these moves stands in a quarantine. */
function isWritten(moves: readonly MoveWork[], quarantined: NodeQuarantine | undefined): boolean {
  const written = new Set((quarantined?.spec.owners ?? []).flatMap((entry) => entry.moves.map(({ podUid }) => podUid)));
  return moves.every(({ pod }) => written.has(pod.uid));
}

/** Has the cache know what stands; false where no answer comes. */
async function readStanding(
  node: string,
  { client, cache }: Pick<HardwareDeps, 'client' | 'cache'>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const read = await ignoreNotFound(client.get<NodeQuarantine>(`${quarantinesPath}/${node}`, { signal }));
    if (read) cache.storeWritten(read);
    return true;
  } catch {
    return false;
  }
}

function reportUnwritten(
  moves: readonly MoveWork[],
  { message }: Error,
  { events, retries }: Pick<HardwareDeps, 'events' | 'retries'>,
): void {
  for (const { pod } of moves) {
    retries.recordFailure(pod.uid);
    const note =
      `Pod ${pod.namespace}/${pod.name} stays on node ${pod.node}, although its hardware fails: the move could not be ` +
      `written: ${message}; ${reasons['backing-off'].sentence}.`;
    events.record(pod, 'MoveHeld', note, ['pod', 'owner']);
  }
}

/** The move with the reading that stands in the quarantine, where the move was begun and the sensor does not answer by now. */
export function moveWorkOf(
  { pod, reason, reading, isUnanswered, window }: MoveDecision,
  cache: HardwareCache,
): MoveWork {
  const entries = cache.quarantines.get(pod.node)?.spec.owners ?? [];
  const entry = entries.find(({ moves }) => moves.some(({ podUid }) => podUid === pod.uid));
  const isStale = isUnanswered && entry !== undefined;
  const isAgreed = reason === 'ready';
  return { kind: 'move', pod, reading: isStale ? staleReading(entry) : reading, isStale, isAgreed, window };
}

/** The uid of the quarantine that names the Pods and is in force; undefined where a person released the node meanwhile. */
async function quarantine(
  nodeName: string,
  moved: readonly PlannedMove[],
  deps: HardwareDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { cache, clock, settings } = deps;
  const created = { nodeName, bootId: cache.nodes.get(nodeName)?.bootId ?? '', scope: settings.scope };
  const at = { ttlMs: settings.ttlMs, now: clock.date() };
  const edit = (spec: Parameters<typeof withMoves>[0]) => withMoves(spec, created, moved, at);
  const written = await updateQuarantine(deps, nodeName, edit, signal);
  if (!written) return undefined;
  for (const { pod, reading } of moved) {
    const { tainted } = reading.device ?? {};
    if (tainted && pod.ownerKey) await taintDevice(deps, tainted, pod.ownerKey, written, signal);
  }
  await awaitEnforcement(written, deps, signal);
  const { uid } = written.metadata;
  return isStanding(cache, nodeName, uid) ? uid : undefined;
}

/** Why a budget refuses what it should not, which few people know. */
const advice =
  'A Pod that is not ready is held back by a PodDisruptionBudget that has no other to spare, unless it says ' +
  'unhealthyPodEvictionPolicy: AlwaysAllow. Its eviction is tried again, and never forced';

/** No answer came. Where the watch says that the Pod is deleted, the eviction was accepted; else it is tried again. */
const unanswered = ({ message }: Error, now: HardwarePod | undefined): Eviction =>
  !now || now.isDeleting ? { result: 'evicted' } : { result: 'failed', message };

/** Tells that a Pod was moved; `reportUntoldMoves` finds it again by how this begins. */
export function recordMoved(
  pod: HardwarePod,
  reading: SensorReading,
  { events, settings }: Pick<HardwareDeps, 'events' | 'settings'>,
  isAgreed = false,
): void {
  const hours = Number((settings.ttlMs / 3_600_000).toFixed(1));
  const whose = pod.gang ? `The Pods of ${pod.gang.kind} ${pod.gang.name}` : 'Its replacements';
  const { tainted } = reading.device ?? {};
  const what = tainted
    ? `Device ${tainted.device} of pool ${tainted.pool} and driver ${tainted.driver} is kept from Pods`
    : `${whose} are kept off that node`;
  const note =
    `${movedBeginning(pod)}: ${clauseOf(reading)}. ${isAgreed ? 'Its application was ready. ' : ''}${what} for ${hours} h, or until ` +
    `NodeQuarantine ${pod.node} is deleted.`;
  events.record(pod, 'MovedOffNode', note, ['pod', 'owner', 'node']);
}

export const movedBeginning = ({ namespace, name, node }: HardwarePod): string =>
  `Pod ${namespace}/${name} was evicted from node ${node}`;

/** Evicts a Pod whose move stands in the quarantine, unless it has recovered or its node was released, and reports the result. */
export async function evictFailing(
  { pod, reading, isAgreed, quarantineUid }: MoveWork,
  deps: HardwareDeps,
  signal: AbortSignal,
): Promise<void> {
  const { client, cache, events, metrics, retries, writes, clock } = deps;
  const { uid, namespace, name, node } = pod;
  const evicted = await writes(async (): Promise<Eviction | undefined> => {
    // It may have waited for its turn: what held when it was queued is checked right before the call.
    const now = cache.pods.get(uid);
    if (!isStanding(cache, node, quarantineUid)) return undefined;
    if (!now || now.isDeleting || (!now.failing && !isAgreed)) return undefined;
    return evict(client, pod, { signal }).catch((error: Error) => unanswered(error, cache.pods.get(uid)));
  });
  if (!evicted || signal.aborted) return;
  const nowMs = clock.date().getTime();
  metrics.evicted(evicted, nowMs - (pod.failing?.sinceMs ?? nowMs));
  deps.onAction({ namespace, pod: name, uid, node, ...evicted }, 'Pod evicted, whose hardware fails');
  switch (evicted.result) {
    case 'evicted': {
      cache.markEvicted(uid);
      retries.forget(uid);
      deps.replacements.expect(pod, nowMs);
      return recordMoved(pod, reading, deps, isAgreed);
    }
    case 'gone':
      // The watch has that too, or will soon.
      retries.recordFailure(uid);
      return undefined;
    case 'refused':
    case 'failed': {
      const failures = retries.recordFailure(uid);
      const tail = evicted.result === 'refused' ? advice : reasons['backing-off'].sentence;
      const why = evicted.result === 'refused' ? `${evicted.message}. ${tail}` : `${evicted.message}; ${tail}`;
      // A reading that differs each time would be a new Event each time, and an object may have only so many.
      const what = failures > 1 ? 'its hardware fails still' : clauseOf(reading);
      const note = `Pod ${namespace}/${name} stays on node ${node}, although ${what}: ${why}.`;
      return events.record(pod, 'MoveHeld', note, ['pod', 'owner']);
    }
    default:
      return evicted satisfies never;
  }
}
