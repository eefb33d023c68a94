import { decideReleases } from './decide-releases.ts';
import { decideVolumes } from './decide-volumes.ts';
import { decideWaiting } from './decide-waiting.ts';
import type { Decision } from './decision.ts';
import { type Ledger, createLedger } from './ledger.ts';
import type { HardwarePod } from './record.ts';
import type { HardwareSettings, Situation } from './situation.ts';

/**
 * What to do now about Pods whose hardware fails and about quarantined nodes. Whatever happens, no more nodes are
 * quarantined than the brake lets, and no more Pods of an owner moved than its cap: both are counted by what stands in
 * the quarantines, so that a restart forgets nothing. Linear in its input; the order of the input does not matter.
 */
export function decide(situation: Situation, settings: HardwareSettings, nowMs: number): Decision[] {
  const ledger = createLedger(situation, settings, nowMs);
  const decisions: Decision[] = [];
  const failing: HardwarePod[] = [];
  for (const pod of situation.pods) {
    if (pod.isDeleting) continue;
    if (pod.failing) failing.push(pod);
    else decisions.push(...decideHealthy(pod, ledger, situation, settings, nowMs));
  }
  const byNode = new Map<string, HardwarePod[]>();
  const ofNode = (node: string): HardwarePod[] => {
    const pods = byNode.get(node) ?? [];
    byNode.set(node, pods);
    return pods;
  };
  for (const pod of failing.toSorted(byAge)) {
    const known = decideAlone(pod, ledger, situation, settings, nowMs);
    if (known) decisions.push(known);
    // What stands in a quarantine comes before what would be new there.
    else if (ledger.hasMove(pod)) decisions.push(decideMove(pod, ledger, situation, settings, nowMs));
    else ofNode(pod.node).push(pod);
  }
  // The nodes come in the order in which the first of their Pods failed.
  for (const pods of byNode.values())
    for (const pod of pods) decisions.push(decideMove(pod, ledger, situation, settings, nowMs));
  // A node that a Pod is being moved off is not released in the same moment: the move would quarantine it anew, past the brake.
  const left = new Set(failing.filter(({ uid }) => situation.underWay.has(uid)).map(({ node }) => node));
  for (const decision of decisions) if (decision.kind === 'move') left.add(decision.pod.node);
  const releases = decideReleases(situation, settings, nowMs);
  return [...decisions, ...releases.filter((release) => release.kind !== 'release' || !left.has(release.node))];
}

/** Those that fail longest come first; the uid makes the order the same for everybody. */
const byAge = (one: HardwarePod, other: HardwarePod): number =>
  (one.failing?.sinceMs ?? 0) - (other.failing?.sinceMs ?? 0) || (one.uid < other.uid ? -1 : 1);

/** What is to be said or done about a Pod whose hardware does not fail. */
function decideHealthy(
  pod: HardwarePod,
  ledger: Ledger,
  situation: Situation,
  settings: HardwareSettings,
  nowMs: number,
): Decision[] {
  if (pod.node === '') return decideWaiting(pod, ledger, situation, settings, nowMs);
  return ledger.cameBack(pod) ? [{ kind: 'notice', reason: 'came-back', pod }] : [];
}

/** What there is to say of a failing Pod whatever becomes of others; undefined where it may be moved. */
function decideAlone(
  pod: HardwarePod,
  ledger: Ledger,
  situation: Situation,
  { stableMs, minimumAgeMs, byHandMs, mode }: HardwareSettings,
  nowMs: number,
): Decision | undefined {
  const { releasedByHand, backOff, passing, underWay, volumes } = situation;
  const { uid, node, refusal, createdMs } = pod;
  const found = volumes.get(uid);
  const sinceMs = pod.failing?.sinceMs ?? nowMs;
  if (underWay.has(uid)) return { kind: 'hold', reason: 'under-way', pod };
  if (!ledger.node(node)?.isReady) return { kind: 'hold', reason: 'node-not-ready', pod };
  if (nowMs - sinceMs < stableMs) return { kind: 'hold', reason: 'unstable', pod, untilMs: sinceMs + stableMs };
  // Also one that is never moved: nothing is to be told of it meanwhile.
  const askMs = passing.get(uid) ?? 0;
  if (nowMs < askMs) return { kind: 'hold', reason: 'passes', pod, untilMs: askMs };
  if (refusal) return { kind: 'refuse', reason: refusal, pod };
  if (found?.kind === 'here') return { kind: 'refuse', reason: 'local-volume', pod, detail: found.detail };
  if (nowMs - createdMs < minimumAgeMs) {
    return { kind: 'hold', reason: 'young', pod, untilMs: createdMs + minimumAgeMs };
  }
  const againMs = backOff.get(uid) ?? 0;
  if (nowMs < againMs) return { kind: 'hold', reason: 'backing-off', pod, untilMs: againMs };
  const releasedMs = releasedByHand.get(node);
  const earliestMs = pod.failing?.earliestMs ?? sinceMs;
  if (releasedMs !== undefined && earliestMs <= releasedMs && nowMs - releasedMs < byHandMs) {
    return { kind: 'hold', reason: 'released-by-hand', pod };
  }
  // A sick node was found better than none: moving would bring the next Pod back here.
  if (ledger.entry(node, pod.ownerText)?.affinity === 'Preferred')
    return { kind: 'hold', reason: 'no-other-node', pod };
  if (!ledger.isCounted(pod)) return undefined;
  const unknown = decideVolumes(pod, situation, nowMs);
  if (unknown) return unknown;
  return mode === 'move' ? { kind: 'move', reason: 'resumed', pod } : { kind: 'hold', reason: 'dry-run', pod };
}

/** Moves a Pod if its node, its owner and the brake let it, and counts it. */
function decideMove(
  pod: HardwarePod,
  ledger: Ledger,
  situation: Situation,
  { mode }: HardwareSettings,
  nowMs: number,
): Decision {
  if (!ledger.hasOtherNode(pod)) return { kind: 'hold', reason: 'no-other-node', pod };
  if (ledger.movesLeft(pod) <= 0) return { kind: 'hold', reason: 'owner-cap', pod };
  if (ledger.isFull(pod)) return { kind: 'hold', reason: 'quarantine-full', pod };
  if (!ledger.isQuarantined(pod.node) && ledger.nodesLeft() <= 0) return { kind: 'hold', reason: 'brake', pod };
  const unknown = decideVolumes(pod, situation, nowMs);
  // One that is being asked keeps its place; one that nobody answers for does not keep the brake from the others.
  if (unknown?.reason !== 'volumes-unknown') ledger.grant(pod);
  if (unknown) return unknown;
  const reason = ledger.hasMove(pod) ? 'resumed' : 'failed';
  return mode === 'move' ? { kind: 'move', reason, pod } : { kind: 'hold', reason: 'dry-run', pod };
}
