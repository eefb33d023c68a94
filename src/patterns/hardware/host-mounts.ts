// https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import type { HardwareIntent } from '../../health/intent.ts';
import { isWithin } from '../../health/read-hardware.ts';
import { freeName } from '../../pod/names.ts';
import type { PlanContext } from '../pattern.ts';

/** What of the node is shown to the sidecar, and how the agent is told. */
export type HostMounts = {
  readonly volumes: readonly V1Volume[];
  readonly mounts: readonly V1VolumeMount[];
  readonly flags: readonly string[];
};

/** Where the node's paths lie in the sidecar. */
const root = '/host';

/** The names that block devices have; every other is taken for a character device, and the kubelet refuses a wrong type. */
const blockDevice =
  /^\/dev\/(disk\/|mapper\/|(s|h|v|xv)d[a-z]|nvme\d+n|(dm-|md|mmcblk|loop|nbd|pmem|rbd|drbd|zram|sr)\d)/;

/** Mounts what was asked for under `/host`, read-only with all that is mounted below it, and only where it is of its type. */
export function hostMounts({ hostPaths, devices }: HardwareIntent, { pod, ours }: PlanContext): HostMounts {
  const asked = [
    ...hostPaths.map(({ path, as }) => ({ path, as, type: 'Directory' })),
    ...devices.map((path) => ({ path, as: path, type: blockDevice.test(path) ? 'BlockDevice' : 'CharDevice' })),
  ];
  const nameOf = (index: number): string => freeName(pod, `health-probe-host-${index + 1}`, ours);
  const has = (place: string): boolean => asked.some(({ as }) => as === place);
  const isDeviceShown = has('/dev') || devices.length > 0;
  return {
    volumes: asked.map(({ path, type }, index) => ({ name: nameOf(index), hostPath: { path, type } })),
    mounts: asked.map(({ as }, index) => ({
      name: nameOf(index),
      mountPath: root + as,
      readOnly: true,
      recursiveReadOnly: 'IfPossible',
    })),
    flags: [
      ...(has('/sys') ? ['--sys-root', `${root}/sys`] : []),
      ...(has('/proc') ? ['--proc-root', `${root}/proc`] : []),
      ...(isDeviceShown ? ['--dev-root', `${root}/dev`] : []),
    ],
  };
}

/** True for a file that lies on one of these mounts. */
export const isShown = (file: string, { mounts }: HostMounts): boolean =>
  mounts.some(({ mountPath }) => isWithin(file, mountPath));
