/**
 * The one decision about all hardware, pure, over one snapshot. It is about all nodes at once and not about one key at a
 * time, because the brake and the caps are global: a Pod may be moved only where no other takes its place.
 */
import { createBudget } from './budget.ts';
import { decideGang, decideOwner, restartOf, shortageDetail } from './decide-owner.ts';
import { decideReleases } from './decide-releases.ts';
import { type InWindow, decideRecovered, inWindow } from './decide-window.ts';
import type { AboutPod, BeforeReading, Decision } from './decision.ts';
import { unsureReport } from './devices.ts';
import { disruptionLimitMs } from './disruptions.ts';
import type { HardwareNode } from './nodes.ts';
import { utcTime } from '../../wording/times.ts';
import { type HardwarePod, wholeSeconds } from './pod.ts';
import { reasons } from './reasons.ts';
import type { HardwareSettings, Pass, Snapshot } from './snapshot.ts';
import { createMoveWindows } from './window.ts';

/** A reading older than this is no reason to move a Pod. */
const readingMaxAgeMs = 2_000;

/**
 * What to do now about Pods whose hardware fails and about quarantined nodes: at most one decision for each Pod. It
 * quarantines no more nodes than the brake lets, and moves no more Pods of an owner than its cap. Linear in its input;
 * the order of the input does not matter.
 */
export function decide(snapshot: Snapshot, settings: HardwareSettings, nowMs: number): Decision[] {
  const budget = createBudget(snapshot, settings, nowMs);
  const windows = createMoveWindows(snapshot, budget, nowMs);
  const pass: Pass = { snapshot, settings, budget, windows, nowMs };
  const decisions: Decision[] = [];
  const add = (decision: BeforeReading): void => void decisions.push(onceRead(inWindow(decision, pass), pass));
  const failing: HardwarePod[] = [];
  for (const pod of snapshot.pods) {
    if (pod.isDeleting) continue;
    const withdrawal = windows.withdrawal(pod);
    if (withdrawal) decisions.push(withdrawal);
    else if (pod.failing) failing.push(pod);
    else decisions.push(...decideHealthy(pod, pass));
  }
  const begun: HardwarePod[] = [];
  for (const pod of failing.toSorted(byAge)) {
    const alone = decideAlone(pod, pass);
    if (alone) add(alone);
    // The moves that stand in a quarantine come before new ones.
    else if (budget.hasMove(pod)) add(decideMove(pod, pass));
    else begun.push(pod);
  }
  // A namespace that has had a node quarantined gives way to those that have waited for longer: the brake may be for one.
  const turnOf = ({ namespace }: HardwarePod): number => budget.lastBegunMs(namespace);
  const newByNode = new Map<string, HardwarePod[]>();
  for (const pod of begun.toSorted((one, other) => compare(turnOf(one), turnOf(other)))) {
    const pods = newByNode.get(pod.node) ?? [];
    newByNode.set(pod.node, pods);
    pods.push(pod);
  }
  // The nodes come in the order in which the first of their Pods has its turn, or failed.
  for (const pods of newByNode.values()) for (const pod of pods) add(decideMove(pod, pass));
  // Do not release a node in the pass that moves a Pod off it: the move would create the quarantine anew, past the brake.
  const left = new Set(failing.filter(({ uid }) => snapshot.inFlight.has(uid)).map(({ node }) => node));
  for (const decision of decisions) if (isOrWillBeMove(decision)) left.add(decision.pod.node);
  return [...decisions, ...decideReleases(snapshot, settings, nowMs).filter((release) => !left.has(release.node))];
}

const isOrWillBeMove = (decision: Decision): decision is AboutPod =>
  decision.kind === 'move' ||
  (decision.kind === 'read-sensor' && decision.isForMove) ||
  (decision.kind === 'hold' && decision.reason === 'move-window');

/** The Pods that have failed longest come first; the uid makes the order the same for every leader. */
const byAge = (one: HardwarePod, other: HardwarePod): number =>
  (one.failing?.sinceMs ?? 0) - (other.failing?.sinceMs ?? 0) || (one.uid < other.uid ? -1 : 1);

/** Without a difference, which of two infinities is no number. */
const compare = (one: number, other: number): number => (one < other ? -1 : one > other ? 1 : 0);

function decideHealthy(pod: HardwarePod, pass: Pass): Decision[] {
  if (pod.node === '') return decideWaiting(pod, pass);
  if (pod.moveUntilMs !== undefined) return pass.budget.hasMove(pod) ? [decideRecovered(pod, pass)] : [];
  return pass.budget.cameBack(pod) ? [{ kind: 'notice', reason: 'came-back', pod }] : [];
}

/**
 * Whether the nodes that a waiting Pod is kept off become its last choice, whatever the quarantines say by now: a
 * quarantine may have been deleted or softened after the webhook admitted the Pod, and a Pod cannot be changed.
 */
function decideWaiting(pod: HardwarePod, { snapshot, settings, budget, nowMs }: Pass): Decision[] {
  const { uid, createdMs, ownerText: owner, unschedulableSinceMs: sinceMs, excludedNodes } = pod;
  // No controller creates a bare Pod anew.
  if (owner === '' || sinceMs === undefined || nowMs - sinceMs < settings.softenMs) return [];
  if (snapshot.inFlight.has(uid) || nowMs < (snapshot.retries.get(uid)?.untilMs ?? 0)) return [];
  const last = snapshot.softened.get(owner);
  if (last && createdMs >= wholeSeconds(last.atMs) && nowMs < last.untilMs) return [];
  const nodes = [...new Set([...excludedNodes, ...budget.taintedFor(pod)])];
  return nodes.length > 0 ? [{ kind: 'soften', reason: 'unschedulable', pod, nodes }] : [];
}

/**
 * What to do about a failing Pod, where the other Pods that fail do not matter: why it stays, or that it goes on with the
 * move that the budget counts already. Undefined where the move would be a new one for the budget, see `decideMove`.
 */
function decideAlone(pod: HardwarePod, pass: Pass): BeforeReading | undefined {
  const { snapshot, settings, budget, nowMs } = pass;
  const { stableMs, minimumAgeMs, byHandMs, mode } = settings;
  const { uid, node, ineligible, createdMs } = pod;
  const sinceMs = pod.failing?.sinceMs ?? nowMs;
  if (snapshot.inFlight.has(uid)) return { kind: 'hold', reason: 'under-way', pod };
  const reading = snapshot.readings.get(uid);
  // Also a Pod that is never moved, or whose node is not ready: no Event says that it fails while its sidecar says that nothing does.
  if (reading?.kind === 'passes' && nowMs < reading.untilMs)
    return { kind: 'hold', reason: 'passes', pod, untilMs: reading.untilMs };
  if (!budget.node(node)?.isReady) return { kind: 'hold', reason: 'node-not-ready', pod };
  if (!ineligible) {
    const undecided = decideOwner(pod, snapshot.owners.get(uid), nowMs);
    if (undecided) return undecided;
  }
  if (nowMs - sinceMs < stableMs) return { kind: 'hold', reason: 'unstable', pod, untilMs: sinceMs + stableMs };
  if (ineligible) return { kind: 'refuse', reason: ineligible, pod };
  const volumes = snapshot.volumes.get(uid);
  if (volumes?.kind === 'here') return { kind: 'refuse', reason: 'local-volume', pod, detail: volumes.detail };
  const { disruption } = budget.node(node) ?? {};
  const untilMs = (disruption?.sinceMs ?? -Infinity) + disruptionLimitMs;
  if (disruption && nowMs < untilMs)
    return { kind: 'hold', reason: 'node-disrupted', pod, untilMs, detail: disruption.sign };
  if (nowMs - createdMs < minimumAgeMs)
    return { kind: 'hold', reason: 'young', pod, untilMs: createdMs + minimumAgeMs };
  const retryMs = snapshot.retries.get(uid)?.untilMs ?? 0;
  if (nowMs < retryMs) return { kind: 'hold', reason: 'backing-off', pod, untilMs: retryMs };
  const releasedMs = snapshot.manualReleases.get(node);
  const earliestMs = pod.failing?.earliestMs ?? sinceMs;
  if (releasedMs !== undefined && earliestMs <= releasedMs && nowMs - releasedMs < byHandMs)
    return { kind: 'hold', reason: 'released-by-hand', pod, detail: `until ${utcTime(releasedMs + byHandMs)}` };
  // A sick node was found better than none: a move would bring the next Pod back here.
  if (budget.entry(node, pod.ownerText)?.affinity === 'Preferred')
    return { kind: 'hold', reason: 'no-other-node', pod };
  if (pod.isPinnedByKueue && settings.scope !== 'Node') return { kind: 'hold', reason: 'pinned-by-kueue', pod };
  const hold = decideGang(pod, snapshot.owners.get(uid)) ?? decideReport(pod, budget.node(node));
  if (hold) return hold;
  if (!budget.isCounted(pod)) return undefined;
  return decideVolumes(pod, pass) ?? { ...(mode === 'move' ? resumed : dryRun), pod };
}

/** Holds a Pod of which only a kubelet says that its hardware fails that may mean a device of another Pod. */
function decideReport(pod: HardwarePod, node: HardwareNode | undefined): BeforeReading | undefined {
  const device = pod.failing?.device;
  const detail = device && node && unsureReport(device, node);
  return detail === undefined ? undefined : { kind: 'hold', reason: 'device-unsure', pod, detail };
}

const failed = { kind: 'move', reason: 'failed' } as const;
const resumed = { kind: 'move', reason: 'resumed' } as const;
const dryRun = { kind: 'hold', reason: 'dry-run' } as const;

/** Moves a Pod if its node, its owner and the brake let it, and counts it. */
function decideMove(pod: HardwarePod, pass: Pass): BeforeReading {
  const { snapshot, settings, budget, windows } = pass;
  // One fault is one move: the gang leaves the node as a whole, and is moved again once it has started.
  const isWhole = restartOf(snapshot.owners.get(pod.uid))?.kind === 'whole';
  if (isWhole && (budget.isGangRestarting(pod) || windows.isLed(pod)))
    return { kind: 'hold', reason: 'gang-restarts', pod };
  const mayStay = mayStayOnNode(pod, pass);
  if (!budget.hasOtherNode(pod) && !mayStay) return { kind: 'hold', reason: 'no-other-node', pod };
  const shortage = isWhole && !mayStay ? budget.gangShortage(pod) : undefined;
  if (shortage) return { kind: 'hold', reason: 'gang-too-large', pod, detail: shortageDetail(pod, shortage) };
  if (budget.movesLeft(pod) <= 0)
    return { kind: 'hold', reason: 'owner-cap', pod, detail: budget.limitDetail(pod, 'owner-cap') };
  const noRoom = budget.roomRefusal(pod);
  if (noRoom) return { kind: 'hold', reason: noRoom, pod };
  const reason = budget.brakeRefusal(pod);
  if (reason) return { kind: 'hold', reason, pod, detail: budget.limitDetail(pod, reason) };
  const undecided = decideVolumes(pod, pass);
  // A Pod whose volumes are looked up keeps its place. One for which no answer came leaves the brake to the others.
  if (undecided?.reason !== 'volumes-unknown') budget.reserve(pod);
  if (undecided) return undecided;
  if (settings.mode === 'dry-run') return { ...dryRun, pod };
  return { ...(budget.hasMove(pod) ? resumed : failed), pod };
}

/** The replacement may come to the same node, with another device: as long as nothing was read, that may be so. */
function mayStayOnNode({ uid, failing }: HardwarePod, { snapshot, settings }: Pass): boolean {
  if (!settings.taintsDevices || failing?.device?.claim === undefined) return false;
  const fact = snapshot.readings.get(uid);
  return !fact || fact.kind === 'passes' || fact.reading.device?.tainted !== undefined;
}

/** Looks up where the volumes of a Pod are, which is about to be moved; undefined where they let it go. */
function decideVolumes(pod: HardwarePod, { snapshot, nowMs }: Pass): BeforeReading | undefined {
  if (pod.claims.length === 0) return undefined;
  const fact = snapshot.volumes.get(pod.uid);
  if (!fact) return { kind: 'look-up-volumes', reason: 'volumes-unasked', pod };
  if (fact.kind !== 'unknown') return undefined;
  const { detail, untilMs } = fact;
  if (untilMs <= nowMs) return { kind: 'look-up-volumes', reason: 'volumes-unknown', pod };
  return { kind: 'hold', reason: 'volumes-unknown', pod, detail, untilMs };
}

/**
 * The decision with what fails in the Pod. A move, and the Event that says why a Pod stays, need a reading of this
 * moment: without one the sensor is read first, and the Pod keeps its place in the budget.
 */
function onceRead(decision: InWindow, { snapshot, nowMs }: Pass): Decision {
  if (!needsReading(decision, snapshot.reported)) return decision;
  const { pod } = decision;
  const fact = snapshot.readings.get(pod.uid);
  // Neither one from before this failure, nor, once an eviction is due again, the one on which the last was tried.
  const retryMs = snapshot.retries.get(pod.uid)?.untilMs ?? 0;
  const earliestMs = Math.max(pod.failing?.sinceMs ?? 0, retryMs <= nowMs ? retryMs : 0);
  const isRead = fact && fact.atMs >= earliestMs && nowMs - fact.atMs <= readingMaxAgeMs;
  if (!isRead || fact.kind === 'passes')
    return { kind: 'read-sensor', reason: 'reading-unasked', pod, isForMove: decision.kind === 'move' };
  const { reading } = fact;
  return decision.kind === 'move'
    ? { ...decision, reading, isUnanswered: fact.kind === 'unknown' }
    : { ...decision, reading };
}

const needsReading = (
  decision: InWindow,
  reported: Snapshot['reported'],
): decision is Extract<BeforeReading, { readonly kind: 'move' | 'hold' | 'refuse' }> => {
  if (decision.reason === 'ready') return false;
  if (decision.kind === 'move') return true;
  if ((decision.kind !== 'hold' && decision.kind !== 'refuse') || decision.reason === 'passes') return false;
  return reasons[decision.reason].isEvent && reported.get(decision.pod.uid)?.reported !== decision.reason;
};
