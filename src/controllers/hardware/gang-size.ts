// https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
import type { V1LabelSelector, V1Pod } from '@kubernetes/client-node';
import { type Amount, parseQuantity } from '../../inject/fit/quantity.ts';
import type { Amounts } from '../../inject/fit/resources.ts';

/** What a Pod of a gang takes of a node at least. */
export type NodeShare = {
  readonly requests: Amounts;
  /** No two Pods like it may be on one node. */
  readonly isAlone: boolean;
  /** The same for two Pods exactly where both are alike. */
  readonly text: string;
};

/** Resources by name; a quantity that cannot be read is left out. */
export const amountsOf = (quantities: Readonly<Record<string, unknown>> = {}): Amounts =>
  new Map(
    Object.entries(quantities).flatMap(([name, quantity]) => {
      const amount = parseQuantity(quantity);
      return amount === undefined ? [] : [[name, amount] as const];
    }),
  );

/** No node has as many: what the author of a Pod may fill is held for each of its Pods. */
const mostResources = 16;

/** The least that a Pod takes: what its init containers and sidecars ask for is left out, and so are more resources. */
export function nodeShareOf({ metadata, spec }: V1Pod): NodeShare {
  const requests = new Map<string, Amount>();
  for (const { resources } of spec?.containers ?? []) {
    for (const [name, amount] of amountsOf(resources?.requests)) {
      if (requests.has(name) || requests.size < mostResources) requests.set(name, (requests.get(name) ?? 0n) + amount);
    }
  }
  const terms = spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const hasHostPort = (spec?.containers ?? []).some(({ ports = [] }) => ports.some(({ hostPort }) => hostPort));
  const isAlone =
    hasHostPort ||
    terms.some(
      ({ topologyKey, labelSelector }) =>
        topologyKey === 'kubernetes.io/hostname' && labelSelector && selects(labelSelector, metadata?.labels ?? {}),
    );
  const amounts = [...requests].map(([name, amount]) => `${name}=${amount}`);
  return { requests, isAlone, text: `${isAlone} ${amounts.toSorted().join(' ')}` };
}

/** A selector of an operator that is not read here selects nothing: the Pod is then taken to bear another beside it. */
function selects(
  { matchLabels = {}, matchExpressions = [] }: V1LabelSelector,
  labels: Readonly<Record<string, string>>,
) {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(
      ({ key, operator, values = [] }) => operator === 'In' && values.includes(labels[key] as string),
    )
  );
}

type OfOwner = { readonly ownerText: string; readonly nodeShare: NodeShare | undefined; readonly isDeleting: boolean };

/** What the living Pods of each gang take, by its key. */
export function sharesByOwner(pods: readonly OfOwner[]): ReadonlyMap<string, readonly NodeShare[]> {
  const shares = new Map<string, NodeShare[]>();
  for (const { ownerText, nodeShare, isDeleting } of pods) {
    if (!nodeShare || isDeleting) continue;
    const ofOwner = shares.get(ownerText) ?? [];
    shares.set(ownerText, ofOwner);
    ofOwner.push(nodeShare);
  }
  return shares;
}

/** Alike Pods of a gang, and how many of them the nodes have room for. */
export type Shortage = { readonly pods: number; readonly room: number };

/**
 * The Pods of a gang that the nodes cannot hold at once, by what the nodes could hold if they were empty: where it says
 * nothing, there may be too little room all the same. It stops at each kind of Pod as soon as there is room.
 */
export function shortageOf(shares: readonly NodeShare[], nodes: readonly Amounts[]): Shortage | undefined {
  for (const alike of Map.groupBy(shares, ({ text }) => text).values()) {
    const [share] = alike;
    let room = 0;
    for (const allocatable of share ? nodes : []) {
      if (room >= alike.length) break;
      room += roomFor(share as NodeShare, allocatable);
    }
    if (room < alike.length) return { pods: alike.length, room };
  }
  return undefined;
}

function roomFor({ requests, isAlone }: NodeShare, allocatable: Amounts): number {
  let room = isAlone ? 1 : Infinity;
  for (const [name, amount] of requests) {
    if (amount > 0n) room = Math.min(room, Number((allocatable.get(name) ?? 0n) / amount));
  }
  return room;
}
