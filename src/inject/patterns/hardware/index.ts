import type { V1Container } from '@kubernetes/client-node';
import { type Check, type Refusal, isHardware } from '../../../check/check.ts';
import type { Assignment } from '../../assign.ts';
import type { Checks, ContainerIntent, HardwareIntent, HealthIntent } from '../../intent/types.ts';
import { type Kept, existsAlready } from '../../outcome.ts';
import { type Addition, nameOf } from '../../pod/additions.ts';
import type { Pod } from '../../pod/pod.ts';
import type { Problem } from '../../problems.ts';
import type { Status } from '../../status.ts';
import { type ProbeWish, definePattern } from '../pattern.ts';
import { planExec, planSidecar } from './plan.ts';

/** The node's hardware decides whether the Pod is ready, and by that where it runs. The application is never killed. */
export const hardwarePattern = definePattern({
  summary: "the node's hardware: a native sidecar that is not ready where it fails, so that the Pod is moved",
  fills: ['readiness'],
  obstacle,
  plan: (wishes, context) =>
    context.intent.hardware.mode === 'cli' ? planExec(wishes, context) : planSidecar(wishes, context),
});

function obstacle(checks: readonly Check[]): Refusal | undefined {
  const other = checks.find((check) => !isHardware(check));
  return other && { received: `received a ${other.scheme} check, which asks no hardware`, expected: 'another pattern' };
}

/**
 * Divides the checks of the key `check` among pattern hardware and the others. A check of hardware is for no other
 * pattern, which would fill a liveness probe with it, and nothing else is for pattern hardware.
 */
export function apportion(
  checks: Checks | undefined,
  patterns: readonly string[],
): { readonly check: Checks | undefined; readonly hardware: Checks | undefined } {
  if (!checks || !patterns.includes('hardware')) return { check: checks, hardware: undefined };
  const part = (list: Checks['list']): Checks | undefined => (list.length > 0 ? { ...checks, list } : undefined);
  return {
    check: part(checks.list.filter((check) => !isHardware(check))),
    hardware: part(checks.list.filter(isHardware)),
  };
}

/** What is asked of pattern hardware, alone in its list, that it does not do; `own` are the checks of a probe. */
export function misplaced(
  check: Checks | undefined,
  own: Checks | undefined,
  hardware: Checks | undefined,
  pattern: string,
  prefix: string,
): Problem[] {
  if (check) {
    const received = `received a ${check.list[0]?.scheme} check, which asks no hardware`;
    return [{ annotation: check.annotation, received, expected: 'another pattern beside hardware for it' }];
  }
  if (own) {
    const received = 'received a check for one probe, and pattern hardware has a probe of its own';
    return [{ annotation: own.annotation, received, expected: `${prefix}check, or another pattern beside hardware` }];
  }
  const received = 'received no check of hardware';
  return hardware ? [] : [{ annotation: pattern, received, expected: `${prefix}check with one beside it` }];
}

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

/** The label by which the controller finds a Pod whose hardware is checked; one that the user wrote stays. */
export function hardwareLabel(
  wishes: Assignment['wishes'],
  { hardware }: HealthIntent,
  { pod, ours, prefix }: { readonly pod: Pod; readonly ours: ReadonlySet<string>; readonly prefix: string },
): { readonly additions: readonly Addition[]; readonly kept: readonly Kept[] } {
  if (!wishes.has('hardware')) return { additions: [], kept: [] };
  const label: Addition = { kind: 'label', key: `${prefix}hardware`, value: hardware.onFailure };
  const what = nameOf(label);
  if (pod.metadata?.labels?.[label.key] === undefined || ours.has(what)) return { additions: [label], kept: [] };
  return { additions: [], kept: [{ what, why: 'the Pod has this label already' }] };
}

/** What the status says of pattern hardware; nothing where it has no part. */
export function hardwareStatus(
  wishes: Assignment['wishes'],
  { hardware: { mode, onFailure } }: HealthIntent,
): Pick<Status, 'hardware'> {
  const containers = wishes.get('hardware')?.map(({ container }) => container);
  return containers ? { hardware: { mode, onFailure, containers } } : {};
}
