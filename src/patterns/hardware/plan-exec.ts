// https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath
import { freeName } from '../../pod/names.ts';
import { deliver, mountPath, mountProblem } from '../cli/delivery.ts';
import { costWarning, execProbes } from '../cli/exec-probe.ts';
import { statePath } from './state-path.ts';
import type { ContainerWish, Plan, PlanContext } from '../pattern.ts';

/** Of two megabytes at most for each check, and mostly of some hundred bytes. */
const sizeLimit = '16Mi';

/** An exec probe in the container that has the device: the only one that may ask it without being given another. */
export function planExec(wishes: readonly ContainerWish[], context: PlanContext): Plan {
  const name = freeName(context.pod, 'health-probe-state', context.ours);
  const containers = wishes.map(({ container }) => container);
  return {
    additions: [
      ...deliver(containers, context),
      { kind: 'volume', value: { name, emptyDir: { sizeLimit } } },
      // The agent names its file by the check, so two containers that ask the same would count into one; the kubelet makes
      // the folder as writable as the volume, for whatever user the container has.
      ...containers.map((container) => {
        const value = { name, mountPath: statePath, subPath: container };
        return { kind: 'volumeMount' as const, container, value };
      }),
      ...wishes.flatMap((wish) => execProbes(wish, ['--state', statePath])),
    ],
    warnings: wishes.flatMap(costWarning),
    problems: wishes.flatMap(({ container, probes }) =>
      [mountPath, statePath].flatMap((path) => mountProblem(container, path, probes[0]?.annotation, context)),
    ),
  };
}
