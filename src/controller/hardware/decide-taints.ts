import type { NodeQuarantine } from '../../quarantine/quarantine.ts';
import type { NodeRecord, Taint } from './node-record.ts';

/** A node whose taint is not as its quarantine has it, and how it should be. */
export type TaintChange = { readonly node: string; readonly taint: Taint };

/** The taint that a quarantine wants: one that only prefers other nodes where an owner of it has no other. */
export function taintOf({ scope, owners }: NodeQuarantine['spec']): Taint {
  if (scope !== 'Node') return '';
  return owners.some(({ affinity }) => affinity === 'Preferred') ? 'PreferNoSchedule' : 'NoSchedule';
}

/** Which nodes are to be tainted and which no longer; also after a quarantine was deleted while nobody looked. */
export function decideTaints(nodes: Iterable<NodeRecord>, quarantines: Iterable<NodeQuarantine>): TaintChange[] {
  const wanted = new Map<string, Taint>();
  for (const { spec } of quarantines) wanted.set(spec.nodeName, taintOf(spec));
  const changes: TaintChange[] = [];
  for (const { name, taint: has } of nodes) {
    const taint = wanted.get(name) ?? '';
    if (taint !== has) changes.push({ node: name, taint });
  }
  return changes;
}
