import type { V1VolumeMount } from '@kubernetes/client-node';
import { formatDuration } from '../../check/kinds.ts';
import { holdFile, holdMount, holdMountPaths, holdVolume, holdVolumeName } from '../../hold/volume.ts';
import type { Addition } from '../pod/additions.ts';
import { freeName } from '../pod/pod.ts';
import type { PlanContext } from './pattern.ts';

/** What lets an agent see that its probes are held. */
export type HoldAdditions = {
  readonly volume: Addition;
  readonly mount: V1VolumeMount;
  /** The flags of the agent. */
  readonly flags: readonly string[];
};

/** The agent's own default for `--longest-hold`. */
const usualLongestMs = 3_600_000;

/** Undefined where no hold is wanted. */
export function holdFor(
  { pod, intent: { holds } }: PlanContext,
  place: keyof typeof holdMountPaths,
): HoldAdditions | undefined {
  if (!holds) return undefined;
  const mountPath = holdMountPaths[place];
  const name = freeName(pod, holdVolumeName);
  const longest = holds.longestMs === usualLongestMs ? [] : ['--longest-hold', formatDuration(holds.longestMs)];
  return {
    volume: { kind: 'volume', value: holdVolume(name, holds.prefix) },
    mount: holdMount(name, mountPath),
    flags: ['--hold', holdFile(mountPath), ...longest],
  };
}

/** False where a mount of the user's is at its place: then the hold gives way, and the check stays. */
export const hasRoomFor = ({ mount }: HoldAdditions, taken: readonly V1VolumeMount[]): boolean =>
  taken.every(({ mountPath }) => mountPath !== mount.mountPath);
