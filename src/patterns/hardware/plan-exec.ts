import { deliver, mountPath, mountProblem } from '../cli/delivery.ts';
import { costWarning, execProbes } from '../cli/exec-probe.ts';
import { keepState, statePath } from '../cli/state.ts';
import type { ContainerWish, Plan, PlanContext } from '../pattern.ts';

/** An exec probe in the container that has the device: the only one that may ask it without being given another. */
export function planExec(wishes: readonly ContainerWish[], context: PlanContext): Plan {
  const containers = wishes.map(({ container }) => container);
  return {
    additions: [
      ...deliver(containers, context),
      ...keepState(containers, context),
      ...wishes.flatMap((wish) => execProbes(wish)),
    ],
    warnings: wishes.flatMap(costWarning),
    problems: wishes.flatMap(({ container, probes }) =>
      [mountPath, statePath].flatMap((path) => mountProblem(container, path, probes[0]?.annotation, context)),
    ),
  };
}
