import type { V1Node } from '@kubernetes/client-node';

/** What is kept of a node. */
export type NodeRecord = {
  readonly name: string;
  readonly bootId: string;
  readonly isReady: boolean;
  /** False where it is cordoned, or has a taint that a Pod of a user hardly tolerates. */
  readonly isSchedulable: boolean;
  readonly taint: Taint;
};

/** The effect of our taint; empty: it has none. */
export type Taint = 'NoSchedule' | 'PreferNoSchedule' | '';

/** The key of the taint that keeps all Pods off a node, which is an opt-in of the administrator. */
export const taintKey = (prefix: string): string => `${prefix}hardware`;

/** What is kept of a node as the apiserver sends it. */
export function nodeRecordOf({ metadata, spec, status }: V1Node, prefix: string): NodeRecord {
  const taints = spec?.taints ?? [];
  const ours = taints.find(({ key }) => key === taintKey(prefix))?.effect;
  return {
    name: metadata?.name ?? '',
    bootId: status?.nodeInfo?.bootID ?? '',
    isReady: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    isSchedulable: !spec?.unschedulable && !taints.some(({ key, effect }) => effect !== prefer && isOfSystem.test(key)),
    taint: ours === 'NoSchedule' || ours === prefer ? ours : '',
  };
}

const prefer = 'PreferNoSchedule';

/** Pods with hardware checks tolerate the taints of their own machines: those with GPUs are often tainted for them. */
const isOfSystem = /^node\.kubernetes\.io\/|^node-role\.kubernetes\.io\/control-plane$/;
