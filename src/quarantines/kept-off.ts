import type { V1ObjectMeta } from '@kubernetes/client-node';
import { type NodeQuarantine, ownerKeyOf, ownerText } from './quarantine.ts';

/** A node that the Pods of an owner are kept off, and how, and until when. */
export type KeptOff = { readonly node: string; readonly affinity: 'Required' | 'Preferred'; readonly untilMs: number };

/** The nodes by the text of the owner. */
export type KeptOffByOwner = ReadonlyMap<string, readonly KeptOff[]>;

/** Whom one quarantine keeps off; nobody where a taint keeps all Pods off. */
export function keptOffBy({ spec }: NodeQuarantine): readonly (readonly [owner: string, KeptOff])[] {
  const { nodeName: node, scope = 'Owner', owners } = spec;
  if (scope !== 'Owner') return [];
  return owners.map(({ owner, until, affinity = 'Required' }) => [
    ownerText(owner),
    { node, affinity, untilMs: Date.parse(until) },
  ]);
}

/** The nodes that a Pod of this namespace has to keep off now, each once and in order; a requirement is more than a wish. */
export function nodesToAvoid(
  byOwner: KeptOffByOwner,
  namespace: string,
  metadata: V1ObjectMeta | undefined,
  nowMs: number,
): readonly KeptOff[] {
  if (byOwner.size === 0) return [];
  const owner = ownerKeyOf(namespace, metadata);
  const inForce = (owner ? (byOwner.get(ownerText(owner)) ?? []) : []).filter(({ untilMs }) => untilMs > nowMs);
  const strictestLast = inForce.toSorted((one) => (one.affinity === 'Required' ? 1 : -1));
  const byNode = new Map(strictestLast.map((each) => [each.node, each]));
  return [...byNode.values()].toSorted((one, other) => (one.node < other.node ? -1 : 1));
}
