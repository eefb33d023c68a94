import type { V1Probe } from '@kubernetes/client-node';
import type { ProbeName } from '../health/intent.ts';
import type { Timing } from '../health/timing.ts';

/** How long an application may take to start before the startup probe gives up on it, in seconds. */
const startupBudgetSeconds = 300;

/**
 * Puts the timing on a probe by the kubelet's rules: only readiness may need several passes, only the others may
 * have a grace period, and a startup probe takes over the initial delay.
 * https://kubernetes.io/docs/concepts/workloads/pods/probes/
 */
export function timed(
  action: V1Probe,
  probe: ProbeName,
  timing: Timing,
  { periodSeconds, timeoutSeconds, hasStartup }: { periodSeconds: number; timeoutSeconds: number; hasStartup: boolean },
): V1Probe {
  const isStartup = probe === 'startup';
  const delays = isStartup || !hasStartup ? timing.initialDelaySeconds : undefined;
  return {
    ...action,
    ...(delays ? { initialDelaySeconds: delays } : {}),
    periodSeconds,
    timeoutSeconds,
    failureThreshold: isStartup ? Math.ceil(startupBudgetSeconds / periodSeconds) : (timing.failureThreshold ?? 3),
    ...(probe === 'readiness' && timing.successThreshold ? { successThreshold: timing.successThreshold } : {}),
    ...(probe !== 'readiness' && timing.terminationGracePeriodSeconds
      ? { terminationGracePeriodSeconds: timing.terminationGracePeriodSeconds }
      : {}),
  };
}
