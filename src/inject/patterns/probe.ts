import type { V1Probe } from '@kubernetes/client-node';
import type { Timing } from '../model/intent.ts';
import type { ProbeName } from '../pod/additions.ts';
import { type Pod, allContainers } from '../pod/pod.ts';

/** How long an application may take to start before the startup probe gives up on it, in seconds, unless more is asked for. */
const leastStartupSeconds = 300;

/**
 * How often startup is asked at least, so that a fast application is ready fast: over the network that costs next to
 * nothing, and a program has to be started each time.
 */
const startupPeriodSeconds = { network: 2, exec: 10 };

/** Of an int32, which the apiserver has for it. */
const mostFailures = 2_147_483_647;

/**
 * How long the kubelet waits for an answer of the agent, in whole seconds. The agent gives the result of its last run at once,
 * so a late answer says that its node lacks CPU and nothing of the application (docs/decisions/0047).
 */
export const answerTimeoutSeconds = (periodSeconds: number): number => Math.min(5, periodSeconds);

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
  const often = isStartup
    ? startupTiming(timing, periodSeconds, startupPeriodSeconds[action.exec ? 'exec' : 'network'])
    : { periodSeconds, failureThreshold: timing.failureThreshold ?? 3 };
  return {
    ...action,
    ...(delays ? { initialDelaySeconds: delays } : {}),
    periodSeconds: often.periodSeconds,
    timeoutSeconds,
    failureThreshold: often.failureThreshold,
    ...(probe === 'readiness' && timing.successThreshold ? { successThreshold: timing.successThreshold } : {}),
    ...(probe !== 'readiness' && timing.terminationGracePeriodSeconds
      ? { terminationGracePeriodSeconds: timing.terminationGracePeriodSeconds }
      : {}),
  };
}

/** How long a container may take to start. */
export const startupSeconds = (
  { startupTimeoutSeconds, failureThreshold = 0 }: Timing,
  livenessPeriodSeconds: number,
): number => startupTimeoutSeconds ?? Math.max(leastStartupSeconds, failureThreshold * livenessPeriodSeconds);

/** Startup is never given up sooner than liveness would give up, unless a time is asked for. */
function startupTiming(
  timing: Timing,
  livenessPeriodSeconds: number,
  longestPeriodSeconds: number,
): { readonly periodSeconds: number; readonly failureThreshold: number } {
  const budgetSeconds = startupSeconds(timing, livenessPeriodSeconds);
  const periodSeconds = Math.min(livenessPeriodSeconds, longestPeriodSeconds, budgetSeconds);
  return { periodSeconds, failureThreshold: Math.min(Math.ceil(budgetSeconds / periodSeconds), mostFailures) };
}

/** What the user should know about a port of the Pod that the kubelet is to probe. */
export function networkWarnings(pod: Pod, ports: readonly number[]): string[] {
  const isInMesh = allContainers(pod).some(({ name }) => name === 'istio-proxy');
  return isInMesh ? ports.map(istioWarning) : [];
}

/** Istio rewrites the probes that it sees, and it has seen this Pod already. */
const istioWarning = (port: number): string =>
  `Istio does not know of the probe of port ${port}: where it demands mutual TLS, name the port in traffic.sidecar.istio.io/excludeInboundPorts, or take pattern cli.`;

/** What the user should know about a port of ours in a Pod on the network of its node. */
export const hostNetworkWarnings = (pod: Pod, port: number): string[] =>
  pod.spec.hostNetwork
    ? [`The Pod is on its node's network: port ${port} of the node is taken, and a second such Pod there has to wait.`]
    : [];
