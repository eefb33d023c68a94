// https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-liveness-command
import type { V1Probe } from '@kubernetes/client-node';
import { type Check, isHardware } from '../../check/check.ts';
import { formatDuration } from '../../check/kinds.ts';
import type { Addition } from '../../pod/addition.ts';
import { literal } from '../../pod/agent-container.ts';
import { timed } from '../../pod/probe.ts';
import type { ContainerWish, ProbeWish } from '../pattern.ts';
import { mountPath } from './delivery.ts';
import { statePath } from './state.ts';

const defaultPeriodSeconds = 10;

/** Starting a program in a container takes the runtime tens of milliseconds, and far more on a busy node. */
const defaultTimeoutMs = 5_000;

/** One program of the image is run by the kubelet itself; anything else is the agent's. */
export const needsAgent = ({ checks }: ProbeWish): boolean => checks.length > 1 || checks[0]?.scheme !== 'exec';

/** True for a probe whose next run needs what this one has counted. */
export const counts = ({ checks }: ProbeWish): boolean => checks.some(isHardware);

/** The exec probes of one container. */
export function execProbes({ container, probes, timing }: ContainerWish): Addition[] {
  const periodSeconds = timing.periodSeconds ?? defaultPeriodSeconds;
  const timeoutMs = timing.timeoutMs ?? defaultTimeoutMs;
  const hasStartup = probes.some(({ probe }) => probe === 'startup');
  return probes.map((wish) => {
    // The agent's own deadline comes first: killed by the kubelet's, it could not say what it was waiting for.
    const timeoutSeconds = Math.ceil(timeoutMs / 1_000) + (needsAgent(wish) ? 1 : 0);
    const action = execProbe(wish, timeoutMs);
    const value = timed(action, wish.probe, timing, { periodSeconds, timeoutSeconds, hasStartup });
    return { kind: 'probe', container, probe: wish.probe, value };
  });
}

function execProbe(wish: ProbeWish, timeoutMs: number): V1Probe {
  const command = needsAgent(wish)
    ? [
        `${mountPath}/health-probe`,
        'check',
        '--probe',
        wish.probe,
        '--timeout',
        formatDuration(timeoutMs),
        ...(counts(wish) ? ['--state', statePath] : []),
        ...wish.checks.map((check) => check.text),
      ]
    : (wish.checks[0] as Check).command;
  return { exec: { command: command.map(literal) } };
}

/** What the user should know of the cost of an exec probe. */
export function costWarning({ container, timing, probes }: ContainerWish): string[] {
  const periodSeconds = timing.periodSeconds ?? defaultPeriodSeconds;
  if (periodSeconds >= defaultPeriodSeconds) return [];
  const advice = probes.some(needsAgent) ? 'pattern sidecar is cheaper' : '10s is short enough for most';
  return [
    `An exec probe costs the node about 40 ms of CPU: with a period of ${periodSeconds}s for container "${container}", ${advice}.`,
  ];
}
