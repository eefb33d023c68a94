import { type BudgetInput, type BudgetSettings, brakeCounts } from './budget.ts';
import type { ReleaseDecision } from './decision.ts';
import type { HardwareNode } from './nodes.ts';

/**
 * Which nodes and owners are released now. A node that was booted anew or is gone is released only when neither the brake
 * counts its quarantine any more nor the cap a move in it: a sick node that boots over and over would give both their
 * budget back each time.
 */
export function decideReleases(
  { quarantines, nodes }: Pick<BudgetInput, 'quarantines' | 'nodes'>,
  { windowMs, ownerWindowMs }: Pick<BudgetSettings, 'windowMs' | 'ownerWindowMs'>,
  nowMs: number,
): ReleaseDecision[] {
  const byName = new Map<string, HardwareNode>();
  for (const node of nodes) byName.set(node.name, node);
  const releases: ReleaseDecision[] = [];
  for (const { spec, metadata } of quarantines) {
    const { nodeName: node, bootId, owners } = spec;
    const isMoveCounted = owners.some(({ moves }) => moves.some(({ at }) => nowMs - Date.parse(at) < ownerWindowMs));
    const isUncounted = !isMoveCounted && !brakeCounts(metadata, windowMs, nowMs);
    const there = byName.get(node);
    const wasBooted = bootId !== '' && (there?.bootId ?? '') !== '' && there?.bootId !== bootId;
    const expired = owners.filter(({ until }) => Date.parse(until) <= nowMs);
    if (isUncounted && !there) releases.push({ kind: 'release', reason: 'node-gone', node });
    else if (isUncounted && wasBooted) releases.push({ kind: 'release', reason: 'rebooted', node });
    else if (expired.length === owners.length) releases.push({ kind: 'release', reason: 'expired', node });
    else if (expired.length > 0) releases.push({ kind: 'release', reason: 'expired', node, owners: expired });
  }
  return releases;
}
