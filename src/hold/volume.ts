// https://kubernetes.io/docs/concepts/storage/volumes/#downwardapi
import type { V1Pod, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { holdKey } from './hold.ts';

/** The name of the volume in a Pod that has no other of this name. */
export const holdVolumeName = 'health-probe-hold';

/** Where the volume is in a sidecar, whose image has nothing there; and in a container of the user's, beside the agent's own. */
export const holdMountPaths = { sidecar: '/health-probe-hold', cli: '/opt/health-probe-hold' } as const;

/** The file in the volume. */
const holdPath = 'hold';

/** Where the agent finds the file in a folder on which the volume is mounted. A mount of the file alone would never change. */
export const holdFile = (mountPath: string): string => `${mountPath}/${holdPath}`;

const fieldPathOf = (prefix: string): string => `metadata.annotations['${prefix}${holdKey}']`;

/** The volume by which the kubelet hands the annotation `hold` to the agent; an empty file where there is none. */
export const holdVolume = (name: string, prefix: string): V1Volume => ({
  name,
  downwardAPI: { items: [{ path: holdPath, fieldRef: { apiVersion: 'v1', fieldPath: fieldPathOf(prefix) } }] },
});

/** True for a volume in the form in which it is added, with any prefix. Anyone may have written it. */
export function isHoldVolume({ downwardAPI }: V1Volume): boolean {
  const items: unknown = downwardAPI?.items;
  if (!Array.isArray(items) || items.length !== 1) return false;
  const [item] = items as readonly { readonly path?: unknown; readonly fieldRef?: { readonly fieldPath?: unknown } }[];
  const fieldPath = item?.fieldRef?.fieldPath;
  return item?.path === holdPath && typeof fieldPath === 'string' && fieldPath.endsWith(`/${holdKey}']`);
}

/** The mount of that volume. */
export const holdMount = (name: string, mountPath: string): V1VolumeMount => ({ name, mountPath, readOnly: true });

/**
 * True for the name that `status` has for the volume or its mount. A Pod without them lacks no check: it was made by an
 * earlier version, or under other settings.
 */
export const isHoldName = (added: string): boolean =>
  /^volumes\/health-probe-hold(-\d+)?$/.test(added) || added.endsWith(`/volumeMounts/${holdMountPaths.cli}`);

/** True where the agent in a Pod sees a hold: the volume is there, and something mounts it. */
export function isHoldable({ spec }: Pick<V1Pod, 'spec'>, prefix: string): boolean {
  const volume = spec?.volumes?.find(
    (each) => isHoldVolume(each) && each.downwardAPI?.items?.[0]?.fieldRef?.fieldPath === fieldPathOf(prefix),
  );
  if (!volume) return false;
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return containers.some(({ volumeMounts }) => volumeMounts?.some(({ name }) => name === volume.name));
}
