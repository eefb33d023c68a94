// https://kubernetes.io/docs/reference/node/node-status/#condition
import type { NodeQuarantine, QuarantinedOwner } from '../../quarantine/quarantine.ts';
import { cutToJsonBytes } from './json-bytes.ts';
import type { HardwareNode } from './nodes.ts';

/** The condition of a node by which others learn that its hardware fails. */
export const degradedType = 'HardwareDegraded';
export const degradedReason = 'HardwareCheckFailed';

/** A node and what its condition should say; `condition` is undefined where it should have none. */
export type DegradedChange = {
  readonly node: string;
  readonly condition: { readonly message: string; readonly sinceMs: number } | undefined;
};

/** What is compared of a message is what the cache has of it. */
const longestMessage = 256;

/**
 * What a quarantine says to others: undefined until the hardware failed Pods of so many namespaces. A check, its
 * threshold and its reading are what the author of a Pod says, and one author alone is to degrade no node for the others.
 */
export function wantedCondition(
  quarantine: NodeQuarantine | undefined,
  leastNamespaces: number,
): DegradedChange['condition'] {
  const firstOf = new Map<string, QuarantinedOwner>();
  const inOrder = (quarantine?.spec.owners ?? [])
    // A condition of the node may be this one, which would then hold itself up.
    .filter(({ check }) => check !== 'node')
    .toSorted((one, other) => Date.parse(one.since) - Date.parse(other.since));
  for (const entry of inOrder) {
    const { namespace } = entry.owner;
    if (!firstOf.has(namespace)) firstOf.set(namespace, entry);
  }
  const counted = [...firstOf.values()].slice(0, leastNamespaces);
  const last = counted.at(-1);
  if (leastNamespaces < 1 || counted.length < leastNamespaces || !last) return undefined;
  const words = counted.map(({ check, message }) => `${check}: ${message}`).join('; ');
  return { message: cutToJsonBytes(words, longestMessage - 6), sinceMs: Date.parse(last.since) };
}

/** The nodes whose condition is not what their quarantine wants. */
export function degradedChanges(
  nodes: Iterable<HardwareNode>,
  quarantines: ReadonlyMap<string, NodeQuarantine>,
  leastNamespaces: number,
): DegradedChange[] {
  const changes: DegradedChange[] = [];
  for (const { name, conditions } of nodes) {
    const has = conditions.find(({ type }) => type === degradedType);
    const condition = wantedCondition(quarantines.get(name), leastNamespaces);
    const isSame = condition
      ? has?.status === 'True' && has.message === condition.message
      : has?.reason !== degradedReason;
    if (!isSame) changes.push({ node: name, condition });
  }
  return changes;
}
