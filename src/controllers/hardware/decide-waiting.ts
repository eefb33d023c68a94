import type { Decision } from './decision.ts';
import { type Ledger, wholeSeconds } from './ledger.ts';
import type { HardwarePod } from './record.ts';
import type { HardwareSettings, Situation } from './situation.ts';

/**
 * Whether a Pod that waits for a node is let back to those that it is kept off, whatever stands in the quarantines by
 * now: that of its node may have been deleted or softened after the webhook has seen the Pod, which nobody can change.
 */
export function decideWaiting(
  pod: HardwarePod,
  ledger: Ledger,
  { underWay, backOff, letBack }: Situation,
  { softenMs }: HardwareSettings,
  nowMs: number,
): Decision[] {
  const { uid, createdMs, ownerText: owner, unschedulableSinceMs: sinceMs, avoids } = pod;
  // Nobody makes a bare Pod anew.
  if (owner === '' || sinceMs === undefined || nowMs - sinceMs < softenMs) return [];
  if (underWay.has(uid) || nowMs < (backOff.get(uid) ?? 0)) return [];
  const last = letBack.get(owner);
  if (last && createdMs >= wholeSeconds(last.atMs) && nowMs < last.untilMs) return [];
  const nodes = [...new Set([...avoids, ...ledger.taintedFor(pod)])];
  return nodes.length > 0 ? [{ kind: 'soften', reason: 'unschedulable', pod, nodes }] : [];
}
