import { addToStatus, readStatus } from '../health/status.ts';
import { nameOf } from '../pod/addition.ts';
import { apply } from '../pod/apply.ts';
import type { Pod } from '../pod/pod.ts';
import { affinityName, keepOff, keptOffLabel } from '../quarantines/keep-off.ts';
import type { KeptOff } from '../quarantines/kept-off.ts';

/**
 * Keeps a Pod, which came in as `before`, off these nodes, and notes in its status what this call and an earlier one
 * added for that; what the user wrote himself is not ours to take back. One that has no label for its hardware gets
 * one, since the controller has to see it wait for a node.
 */
export function avoidNodes(
  before: Pod,
  pod: Pod,
  nodes: readonly KeptOff[],
  { prefix, version }: { readonly prefix: string; readonly version: string },
): { readonly pod: Pod; readonly added: readonly string[] } {
  if (nodes.length === 0) return { pod, added: [] };
  const earlier = new Set(readStatus(before, prefix)?.added);
  const ours = nodes.filter((node) => keepOff(before, [node]) !== before || earlier.has(affinityName(node)));
  const label = { kind: 'label', key: `${prefix}hardware`, value: keptOffLabel } as const;
  const there = pod.metadata?.labels?.[label.key];
  const isFree = there === undefined || (there === keptOffLabel && earlier.has(nameOf(label)));
  const isLabelled = isFree && ours.some(({ affinity }) => affinity === 'Required');
  const added = [...ours.map(affinityName), ...(isLabelled ? [nameOf(label)] : [])];
  const kept = keepOff(pod, nodes);
  return { pod: addToStatus(isLabelled ? apply(kept, label) : kept, added, prefix, version), added };
}
