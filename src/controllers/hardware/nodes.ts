// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
import type { V1Node } from '@kubernetes/client-node';
import { ApiError, ignoreNotFound, isConflict } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import type { Amounts } from '../../inject/fit/resources.ts';
import type { NodeQuarantine } from '../../quarantine/quarantine.ts';
import { type Disruption, disruptionOf } from './disruptions.ts';
import { type NodeCondition, nodeConditionsOf } from './node-conditions.ts';
import { amountsOf } from './gang-size.ts';

/** A node as the cache holds it. */
export type HardwareNode = {
  readonly name: string;
  readonly bootId: string;
  /** The value of the label that the brake counts by; empty where it has none. */
  readonly pool: string;
  readonly isReady: boolean;
  /** False where it is cordoned, or has a taint that a Pod of a user hardly tolerates. */
  readonly isSchedulable: boolean;
  readonly taint: Taint;
  /** What the kubelet and others say of it. */
  readonly conditions: readonly NodeCondition[];
  /** What its Pods may take of it in all. */
  readonly allocatable: Amounts;
  /** The version of its kubelet, such as `v1.36.3`. */
  readonly kubelet: string;
  /** The extended resources that its device plugins offer. */
  readonly deviceResources: readonly string[];
  /** By whom Pods are taken off it; undefined where nobody does. */
  readonly disruption: Disruption | undefined;
};

/** What one version of a node says, before the cache has compared it with the version before. */
export type ObservedNode = Omit<HardwareNode, 'disruption'> & { readonly disruptionSign: string | undefined };

/** The effect of our taint; empty: it has none. */
export type Taint = 'NoSchedule' | 'PreferNoSchedule' | '';

/** The key of the taint that keeps all Pods off a node, which is an opt-in of the administrator. */
const taintKey = (prefix: string): string => `${prefix}hardware`;

/** Takes from a node, as the apiserver sends it, what the controller needs. */
export function toHardwareNode(node: V1Node, prefix: string, poolLabel = ''): ObservedNode {
  const { metadata, spec, status } = node;
  const taints = spec?.taints ?? [];
  const ours = taints.find(({ key }) => key === taintKey(prefix))?.effect;
  return {
    name: metadata?.name ?? '',
    bootId: status?.nodeInfo?.bootID ?? '',
    pool: (poolLabel !== '' && metadata?.labels?.[poolLabel]) || '',
    isReady: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    isSchedulable: !spec?.unschedulable && !taints.some(({ key, effect }) => effect !== prefer && isOfSystem.test(key)),
    taint: ours === 'NoSchedule' || ours === prefer ? ours : '',
    conditions: nodeConditionsOf(node),
    allocatable: amountsOf(status?.allocatable),
    kubelet: status?.nodeInfo?.kubeletVersion ?? '',
    deviceResources: deviceResourcesOf(status?.capacity ?? {}),
    disruptionSign: disruptionOf(node),
  };
}

/** A node has few; more only make a sentence longer. */
const mostDeviceResources = 8;

/** Kubernetes' own resources have no domain, or one of its own. */
const deviceResourcesOf = (capacity: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(capacity)
    .filter((name) => name.includes('/') && !name.includes('kubernetes.io/'))
    .slice(0, mostDeviceResources);

const prefer = 'PreferNoSchedule';

/** Pods with hardware checks tolerate the taints of their own machines: those with GPUs are often tainted for them. */
const isOfSystem = /^node\.kubernetes\.io\/|^node-role\.kubernetes\.io\/control-plane$/;

/** The taint that a quarantine wants: one that only prefers other nodes where an owner of it has no other. */
export function wantedTaint(quarantine: NodeQuarantine | undefined): Taint {
  if (quarantine?.spec.scope !== 'Node') return '';
  return quarantine.spec.owners.some(({ affinity }) => affinity === 'Preferred') ? prefer : 'NoSchedule';
}

/** The nodes whose taint is not what their quarantine wants, also after a quarantine was deleted while no controller led. */
export function nodesToTaint(
  nodes: Iterable<HardwareNode>,
  quarantines: Iterable<NodeQuarantine>,
): { readonly node: string; readonly taint: Taint }[] {
  const byNode = new Map<string, NodeQuarantine>();
  for (const quarantine of quarantines) byNode.set(quarantine.spec.nodeName, quarantine);
  const changes: { node: string; taint: Taint }[] = [];
  for (const { name, taint: has } of nodes) {
    const taint = wantedTaint(byNode.get(name));
    if (taint !== has) changes.push({ node: name, taint });
  }
  return changes;
}

/** Sets or removes our taint on a node, and leaves the others as they are; false where another client wrote meanwhile. */
export async function writeTaint(
  { client, prefix }: { readonly client: Client; readonly prefix: string },
  node: string,
  taint: Taint,
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/api/v1/nodes/${node}`;
  try {
    const read = await ignoreNotFound(client.get<V1Node>(path, { signal }));
    if (!read) return true;
    const key = taintKey(prefix);
    const others = (read.spec?.taints ?? []).filter((each) => each.key !== key);
    const taints = taint === '' ? others : [...others, { key, value: 'failed', effect: taint }];
    // A merge patch replaces a list as a whole: the resourceVersion keeps what another client added since.
    const patch = { metadata: { resourceVersion: read.metadata?.resourceVersion }, spec: { taints } };
    await ignoreNotFound(client.patch(path, patch, { signal }));
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error instanceof ApiError ? new Error(`node ${node}: ${error.message}`, { cause: error }) : error;
  }
}
