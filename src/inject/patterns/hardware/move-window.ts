import type { V1VolumeMount } from '@kubernetes/client-node';
import { moveMountPaths, moveMounts, moveVolumeNames, moveVolumes, readyFile } from '../../model/move-window.ts';
import type { Problem } from '../../model/problems.ts';
import type { Addition } from '../../pod/additions.ts';
import { freeName, probedContainers } from '../../pod/pod.ts';
import type { ContainerAssignment, PlanContext } from '../pattern.ts';
import type { HardwareOptions } from './options.ts';

/** What lets an application learn that its Pod is to be moved, and say that it is ready. */
export type WindowAdditions = {
  readonly additions: readonly Addition[];
  readonly problems: readonly Problem[];
  /** Of the sidecar. */
  readonly mounts: readonly V1VolumeMount[];
  readonly flags: readonly string[];
};

const nothing: WindowAdditions = { additions: [], problems: [], mounts: [], flags: [] };

/** Where the sidecar finds what the application says: its image has nothing there. */
const sidecarPath = '/health-probe-move-ready';

/** The volumes of a move window for the checked containers; nothing where none is asked for. A Pod on trial is never moved. */
export function windowFor(
  assignments: readonly ContainerAssignment[],
  { pod, intent, options: { moveWindow } }: PlanContext<HardwareOptions>,
): WindowAdditions {
  if (!moveWindow || intent.isTrial) return nothing;
  const names = {
    pending: freeName(pod, moveVolumeNames.pending),
    ready: freeName(pod, moveVolumeNames.ready),
  };
  const mounts = moveMounts(names);
  return {
    additions: [
      ...moveVolumes(names, moveWindow.prefix).map((value) => ({ kind: 'volume' as const, value })),
      ...assignments.flatMap(({ container }) =>
        mounts.map((value) => ({ kind: 'volumeMount' as const, container, value })),
      ),
    ],
    problems: assignments.flatMap(({ container, probes }) =>
      takenPaths(container, pod).map((path) => ({
        annotation: probes[0]?.annotation ?? '',
        received: `container "${container}" has a volume of its own at ${path}, where the files of a move window go`,
        expected: 'that path free, or not the key move-window',
      })),
    ),
    mounts: [{ name: names.ready, mountPath: sidecarPath, readOnly: true }],
    flags: ['--move-ready', readyFile(sidecarPath)],
  };
}

function takenPaths(container: string, pod: PlanContext['pod']): string[] {
  const taken = probedContainers(pod).find(({ name }) => name === container)?.volumeMounts ?? [];
  return Object.values(moveMountPaths).filter((path) => taken.some(({ mountPath }) => mountPath === path));
}
