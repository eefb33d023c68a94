import type { V1Container } from '@kubernetes/client-node';
import type { ProbeWish } from '../patterns/pattern.ts';
import type { ContainerIntent, HardwareIntent } from './intent.ts';
import { type Kept, existsAlready } from './outcome.ts';
import type { Problem } from './problem.ts';

/**
 * The probe that carries the checks of hardware: readiness, since a restart mends no hardware. With mode cli it is the
 * container's own, which another may have; undefined where nothing is to be added.
 */
export function assignHardware(
  { container: name, hardware }: ContainerIntent,
  { mode }: HardwareIntent,
  container: V1Container,
  isReadinessTaken: boolean,
  ours: ReadonlySet<string>,
  { kept, problems }: { readonly kept: Kept[]; readonly problems: Problem[] },
): ProbeWish | undefined {
  if (!hardware) return undefined;
  const wish: ProbeWish = { probe: 'readiness', checks: hardware.list, annotation: hardware.annotation };
  if (mode === 'sidecar') return wish;
  const what = `${name}/readinessProbe`;
  if (isReadinessTaken) {
    const received = `received checks of hardware for container "${name}", whose readiness probe another pattern fills`;
    problems.push({ annotation: wish.annotation, received, expected: 'mode: sidecar, or readiness: off' });
    return undefined;
  }
  if (container.readinessProbe && !ours.has(what)) {
    kept.push({ what, why: existsAlready });
    return undefined;
  }
  return wish;
}
