// https://kubernetes.io/docs/concepts/storage/volumes/#downwardapi
import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { parseDuration } from '../../check/kinds.ts';
import { holdKey, parseTime } from '../../hold/hold.ts';

/**
 * The key behind the prefix of the annotation that says until when a Pod may stay, which only the controller writes, and of
 * the condition of the Pod that says why.
 */
export const moveKey = 'move-pending';

/** The keys that the controller writes into a Pod that runs. An injected Pod keeps what stands there. */
export const keysOfController = [holdKey, moveKey] as const;

/** What the key `move-window` takes. Who needs longer to save his work loses it when the node fails for good. */
const moveWindowMs = { shortest: 10_000, longest: 3_600_000 };

export const moveWindowExpected = 'a duration in whole seconds from 10s to 1h, such as 10m';

/** Milliseconds; undefined for what the key does not take. */
export function parseMoveWindow(text: unknown): number | undefined {
  const windowMs = typeof text === 'string' && text.length <= 32 ? parseDuration(text) : undefined;
  const isTaken =
    windowMs !== undefined &&
    windowMs % 1_000 === 0 &&
    windowMs >= moveWindowMs.shortest &&
    windowMs <= moveWindowMs.longest;
  return isTaken ? windowMs : undefined;
}

/** Until when a Pod may stay, by its annotation, which anyone may have written; undefined where it is not to be moved. */
export const parseMoveTime = (text: unknown): number | undefined =>
  typeof text === 'string' ? parseTime(text) : undefined;

/** The volumes in a Pod that has no others of these names. */
export const moveVolumeNames = { pending: 'health-probe-move', ready: 'health-probe-move-ready' } as const;

/** Where the application finds until when it may stay, and where it copies that once its work is saved. */
export const moveMountPaths = { pending: '/opt/health-probe-move', ready: '/opt/health-probe-move-ready' } as const;

/** The file in the first of these folders; empty while the Pod is not to be moved. */
const pendingPath = 'until';

/** The file in the second of them. */
export const readyFile = (mountPath: string): string => `${mountPath}/ready`;

/** Nothing but one time is written there. What is written beyond this evicts the Pod, so it is far more than a mistake fills. */
const readySizeLimit = '16Mi';

/** The volume by which the kubelet shows the annotation to the application. */
const pendingVolume = (name: string, prefix: string): V1Volume => ({
  name,
  downwardAPI: {
    items: [
      { path: pendingPath, fieldRef: { apiVersion: 'v1', fieldPath: `metadata.annotations['${prefix}${moveKey}']` } },
    ],
  },
});

/** The volume in which the application says that it is ready. */
const readyVolume = (name: string): V1Volume => ({ name, emptyDir: { sizeLimit: readySizeLimit } });

/** Both volumes. */
export const moveVolumes = (names: Record<'pending' | 'ready', string>, prefix: string): V1Volume[] => [
  pendingVolume(names.pending, prefix),
  readyVolume(names.ready),
];

/** The mounts of a container of the application. */
export const moveMounts = (names: Record<'pending' | 'ready', string>): V1VolumeMount[] => [
  { name: names.pending, mountPath: moveMountPaths.pending, readOnly: true },
  { name: names.ready, mountPath: moveMountPaths.ready },
];

/** True for the first of the volumes, with any prefix. Anyone may have written it. */
export function isPendingVolume({ downwardAPI }: V1Volume): boolean {
  const items: unknown = downwardAPI?.items;
  if (!Array.isArray(items) || items.length !== 1) return false;
  const [item] = items as readonly { readonly path?: unknown; readonly fieldRef?: { readonly fieldPath?: unknown } }[];
  const fieldPath = item?.fieldRef?.fieldPath;
  return item?.path === pendingPath && typeof fieldPath === 'string' && fieldPath.endsWith(`/${moveKey}']`);
}

/** True for a mount in the form in which it is added. */
export const isMoveMount = ({ mountPath, readOnly, subPath }: V1VolumeMount): boolean =>
  subPath === undefined &&
  ((mountPath === moveMountPaths.pending && readOnly === true) ||
    (mountPath === moveMountPaths.ready && readOnly !== true));
