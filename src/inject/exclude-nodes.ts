import { type KeptOff, affinityName, exclusionLabel, keepOff, nodesToAvoid } from '../quarantine/node-exclusion.ts';
import { type Addition, apply, nameOf } from './pod/additions.ts';
import type { Pod } from './pod/pod.ts';
import type { PolicyScope } from './request.ts';

/**
 * The nodes that a Pod of this scope has to keep off. A Pod that names its node has none: on another node the kubelet
 * would refuse it, over and over.
 */
export function exclusionsFor(pod: Pod, { namespaceName, namespace, keptOff, nowMs }: PolicyScope): readonly KeptOff[] {
  if (namespace?.inject === 'disabled' || pod.spec.nodeName) return [];
  return nodesToAvoid(keptOff, namespaceName, pod.metadata, nowMs);
}

/**
 * Keeps a Pod off these nodes. `added` names what this call and an earlier one, by the names in `earlier`, added for
 * that: what the user wrote himself is not ours to take back. A Pod without the label for its hardware gets one, since
 * the controller has to see it wait for a node. `before` is the Pod as it came in.
 */
export function excludeNodes(
  pod: Pod,
  nodes: readonly KeptOff[],
  { before, earlier, prefix }: { readonly before: Pod; readonly earlier: ReadonlySet<string>; readonly prefix: string },
): { readonly pod: Pod; readonly added: readonly string[] } {
  if (nodes.length === 0) return { pod, added: [] };
  const ours = nodes.filter((node) => keepOff(before, [node]) !== before || earlier.has(affinityName(node)));
  const label: Addition = { kind: 'label', ...exclusionLabel(prefix) };
  const present = pod.metadata?.labels?.[label.key];
  const isFree = present === undefined || (present === label.value && earlier.has(nameOf(label)));
  const isLabelled = isFree && ours.some(({ affinity }) => affinity === 'Required');
  const kept = keepOff(pod, nodes);
  return {
    pod: isLabelled ? apply(kept, label) : kept,
    added: [...ours.map(affinityName), ...(isLabelled ? [nameOf(label)] : [])],
  };
}
