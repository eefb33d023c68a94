// https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath
import type { Addition } from '../../pod/addition.ts';
import { freeName } from '../../pod/names.ts';
import type { PlanContext } from '../pattern.ts';
import { mountPath } from './delivery.ts';

/** Where one run leaves for the next what it has counted: the agent's own folder is read-only. */
export const statePath = `${mountPath}-state`;

/** Of two megabytes at most for each check, and mostly of some hundred bytes. */
const sizeLimit = '16Mi';

/**
 * Gives each container a folder of its own for that. The agent names its file by the check, so two containers that ask the
 * same would count into one; the kubelet makes the folder as writable as the volume, for whatever user the container has.
 */
export function keepState(containers: readonly string[], { pod, ours }: PlanContext): Addition[] {
  if (containers.length === 0) return [];
  const name = freeName(pod, 'health-probe-state', ours);
  return [
    { kind: 'volume', value: { name, emptyDir: { sizeLimit } } },
    ...containers.map((container) => {
      const value = { name, mountPath: statePath, subPath: container };
      return { kind: 'volumeMount' as const, container, value };
    }),
  ];
}
