import type { Decision } from './decision.ts';
import { wholeSeconds } from './ledger.ts';
import type { NodeRecord } from './node-record.ts';
import type { HardwareSettings, Situation } from './situation.ts';

/**
 * Which nodes and owners are released now. That a node was booted anew or is gone ends its quarantine only when the
 * brake has counted it to the end: a sick node that boots over and over would give the brake its budget back each time.
 */
export function decideReleases(
  { quarantines, nodes }: Situation,
  { windowMs }: HardwareSettings,
  nowMs: number,
): Decision[] {
  const byName = new Map<string, NodeRecord>();
  for (const node of nodes) byName.set(node.name, node);
  const decisions: Decision[] = [];
  for (const { spec, metadata } of quarantines) {
    const { nodeName: node, bootId, owners } = spec;
    const isCounted = nowMs - wholeSeconds(Date.parse(String(metadata.creationTimestamp))) >= windowMs;
    const there = byName.get(node);
    const wasBooted = bootId !== '' && (there?.bootId ?? '') !== '' && there?.bootId !== bootId;
    const expired = owners.filter(({ until }) => Date.parse(until) <= nowMs);
    if (isCounted && !there) decisions.push({ kind: 'release', reason: 'node-gone', node });
    else if (isCounted && wasBooted) decisions.push({ kind: 'release', reason: 'rebooted', node });
    else if (expired.length === owners.length) decisions.push({ kind: 'release', reason: 'expired', node });
    else if (expired.length > 0) decisions.push({ kind: 'release', reason: 'expired', node, owners: expired });
  }
  return decisions;
}
