import { probeField } from '../pod/additions.ts';
import type { SkippedItem } from '../model/problems.ts';
import type { ContainerAssignment, ProbeAssignment } from './pattern.ts';
import { startupSeconds } from './probe.ts';

/** More does not fit into the agent's durations. */
const mostSeconds = 999_999;

/** How the kubelet would ask a container, as flags of an agent in trial. */
export function questionFlags({ probes, timing }: ContainerAssignment): string[] {
  const { failureThreshold, successThreshold, initialDelaySeconds, periodSeconds = 10 } = timing;
  const startup = Math.min(startupSeconds(timing, periodSeconds), mostSeconds);
  const isAsked = probes.some(({ probe }) => probe === 'startup');
  return [
    ...(failureThreshold === undefined ? [] : ['--failure-threshold', `${failureThreshold}`]),
    ...(successThreshold === undefined ? [] : ['--success-threshold', `${successThreshold}`]),
    ...(initialDelaySeconds ? ['--initial-delay', `${initialDelaySeconds}s`] : []),
    ...(isAsked ? ['--startup-timeout', `${startup}s`] : []),
  ];
}

/** Says of each probe for which `reasonFor` has a reason that a trial does not ask it. */
export function unasked(
  assignments: readonly ContainerAssignment[],
  reasonFor: (assignment: ProbeAssignment) => string | undefined,
): { readonly skippedItems: readonly SkippedItem[]; readonly warnings: readonly string[] } {
  const found = assignments.flatMap(({ container, probes }) =>
    probes.flatMap((assignment) => {
      const why = reasonFor(assignment);
      return why === undefined ? [] : [{ container, field: probeField(assignment.probe), why }];
    }),
  );
  return {
    skippedItems: found.map(({ container, field, why }) => ({
      what: `${container}/${field}`,
      why: `a trial does not ask each of its checks: ${why}`,
    })),
    warnings: found.map(
      ({ container, field, why }) =>
        `The trial does not ask each check for the ${field} of container "${container}": ${why}.`,
    ),
  };
}
