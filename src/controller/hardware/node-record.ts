import type { V1Node } from '@kubernetes/client-node';

/** What is kept of a node. */
export type NodeRecord = {
  readonly name: string;
  readonly bootId: string;
  readonly isReady: boolean;
  /** False where it is cordoned, or tainted by somebody else so that a Pod without tolerations finds no place. */
  readonly isSchedulable: boolean;
  readonly hasOurTaint: boolean;
};

/** The key of the taint that keeps all Pods off a node, which is an opt-in of the administrator. */
export const taintKey = (prefix: string): string => `${prefix}hardware`;

/** What is kept of a node as the apiserver sends it. */
export function nodeRecordOf({ metadata, spec, status }: V1Node, prefix: string): NodeRecord {
  const ours = taintKey(prefix);
  const taints = spec?.taints ?? [];
  return {
    name: metadata?.name ?? '',
    bootId: status?.nodeInfo?.bootID ?? '',
    isReady: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    isSchedulable: !spec?.unschedulable && taints.every(({ key, effect }) => key === ours || !keepsOff(effect)),
    hasOurTaint: taints.some(({ key }) => key === ours),
  };
}

const keepsOff = (effect: string): boolean => effect === 'NoSchedule' || effect === 'NoExecute';
