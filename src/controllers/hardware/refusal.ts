import type { V1Pod } from '@kubernetes/client-node';

/** Why a Pod is never moved, in one sentence each. */
export const refusals = {
  report: 'its annotation on-failure is report',
  bare: 'it has no owner that makes it anew elsewhere',
  'static-pod': 'it is a static Pod, which belongs to its node',
  'daemon-set': 'it is of a DaemonSet, which makes it anew on the same node',
  pinned: 'its node selector names its node, so it could run nowhere else',
  'local-data': 'it writes to a hostPath volume, whose data it would leave behind',
  'local-volume': 'it has a volume that is on its node alone',
} as const;

export type RefuseReason = keyof typeof refusals;

/** Why a Pod is never moved, as far as the Pod itself tells; where the volumes of its claims are is asked for later. */
export function refusalOf({ metadata, spec }: V1Pod, prefix: string): RefuseReason | undefined {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  if (owner?.kind === 'Node' || metadata?.annotations?.['kubernetes.io/config.mirror']) return 'static-pod';
  if (!owner) return 'bare';
  if (owner.kind === 'DaemonSet') return 'daemon-set';
  if (metadata?.labels?.[`${prefix}hardware`] !== 'move') return 'report';
  if (spec?.nodeSelector?.['kubernetes.io/hostname'] !== undefined) return 'pinned';
  return writesToHost(spec) ? 'local-data' : undefined;
}

/** A device, a socket or what is only read holds nothing of the Pod's. */
function writesToHost(spec: V1Pod['spec']): boolean {
  const paths = (spec?.volumes ?? []).filter(
    ({ hostPath }) => hostPath && !['CharDevice', 'BlockDevice', 'Socket'].includes(hostPath.type ?? ''),
  );
  if (paths.length === 0) return false;
  const mounts = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(
    ({ volumeMounts = [] }) => volumeMounts,
  );
  return paths.some(({ name }) => mounts.some((mount) => mount.name === name && mount.readOnly !== true));
}
