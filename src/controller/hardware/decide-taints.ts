import type { NodeQuarantine } from '../../quarantines/quarantine.ts';
import type { NodeRecord } from './node-record.ts';

/** A node whose taint is not as its quarantine has it. */
export type TaintChange = { readonly node: string; readonly isWanted: boolean };

/** Which nodes are to be tainted and which no longer; also after a quarantine was deleted while nobody looked. */
export function decideTaints(nodes: Iterable<NodeRecord>, quarantines: Iterable<NodeQuarantine>): TaintChange[] {
  const wanted = new Set<string>();
  for (const { spec } of quarantines) if (spec.scope === 'Node') wanted.add(spec.nodeName);
  const changes: TaintChange[] = [];
  for (const { name, hasOurTaint } of nodes) {
    const isWanted = wanted.has(name);
    if (isWanted !== hasOurTaint) changes.push({ node: name, isWanted });
  }
  return changes;
}
