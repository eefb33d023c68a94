import {
  type NodeExclusion,
  exclusionName,
  exclusionLabel,
  addNodeExclusions,
  exclusionsOfPod,
} from '../quarantine/node-exclusion.ts';
import { type Addition, apply, nameOf } from './pod/additions.ts';
import type { Pod } from './pod/pod.ts';
import type { PolicyScope } from './model/scope.ts';

/**
 * The nodes that a Pod of this scope has to keep off. A Pod that names its node has none: on another node the kubelet
 * would refuse it, over and over.
 */
export function exclusionsFor(
  pod: Pod,
  { namespaceName, namespace, exclusionsByOwner, nowMs }: PolicyScope,
): readonly NodeExclusion[] {
  if (namespace?.inject === 'disabled' || pod.spec.nodeName) return [];
  return exclusionsOfPod(exclusionsByOwner, namespaceName, pod, nowMs);
}

/**
 * Keeps a Pod off these nodes. `added` names what was added for that: an exclusion that the user wrote is not. A Pod without
 * the label that the controller looks for gets one, since the controller has to see the Pod wait for a node. `clean` is the
 * Pod without anything of ours.
 */
export function excludeNodes(
  pod: Pod,
  exclusions: readonly NodeExclusion[],
  { clean, prefix }: { readonly clean: Pod; readonly prefix: string },
): { readonly pod: Pod; readonly added: readonly string[] } {
  if (exclusions.length === 0) return { pod, added: [] };
  const added = exclusions.filter((exclusion) => addNodeExclusions(clean.spec, [exclusion]) !== clean.spec);
  const label: Addition = { kind: 'label', ...exclusionLabel(prefix) };
  const isFree = pod.metadata?.labels?.[label.key] === undefined;
  const isLabelled = isFree && added.some(({ affinity }) => affinity === 'Required');
  const spec = addNodeExclusions(pod.spec, exclusions);
  const excluded = spec === pod.spec ? pod : { ...pod, spec };
  return {
    pod: isLabelled ? apply(excluded, label) : excluded,
    added: [...added.map(({ node }) => exclusionName(node)), ...(isLabelled ? [nameOf(label)] : [])],
  };
}
