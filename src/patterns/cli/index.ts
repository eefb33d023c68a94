// https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-liveness-command
import type { V1Probe } from '@kubernetes/client-node';
import type { Check, Refusal } from '../../check/check.ts';
import { formatDuration } from '../../check/kinds.ts';
import type { Problem } from '../../health/problem.ts';
import type { Addition } from '../../pod/addition.ts';
import { literal } from '../../pod/agent-container.ts';
import { freeName } from '../../pod/names.ts';
import { probedContainers } from '../../pod/pod.ts';
import { timed } from '../../pod/probe.ts';
import { type ContainerWish, type Plan, type PlanContext, type ProbeWish, definePattern } from '../pattern.ts';
import { deliver, mountPath } from './delivery.ts';

const defaultPeriodSeconds = 10;

/** Starting a program in a container takes the runtime tens of milliseconds, and far more on a busy node. */
const defaultTimeoutMs = 5_000;

/** An exec probe in the container: a tool of its image, or the agent, which is brought along. */
export const cli = definePattern({
  summary: 'an exec probe in the container: a tool of its image, or the agent, which is brought along',
  fills: ['liveness', 'readiness'],
  obstacle,
  plan,
});

function obstacle(checks: readonly Check[]): Refusal | undefined {
  if (!checks.some(({ scheme }) => scheme === 'push')) return undefined;
  return { received: 'received a push check, which needs somebody to report to', expected: 'pattern sidecar for it' };
}

function plan(wishes: readonly ContainerWish[], context: PlanContext): Plan {
  const shipped = wishes.filter(({ probes }) => probes.some(needsAgent)).map(({ container }) => container);
  const name = freeName(context.pod, 'health-probe-agent', context.ours);
  return {
    additions: [...(shipped.length > 0 ? deliver(name, shipped, context) : []), ...wishes.flatMap(probesOf)],
    warnings: wishes.flatMap(costWarning),
    problems: wishes.flatMap((wish) => mountProblem(wish, context)),
  };
}

/** One program of the image is run by the kubelet itself; anything else is the agent's. */
const needsAgent = ({ checks }: ProbeWish): boolean => checks.length > 1 || checks[0]?.scheme !== 'exec';

function mountProblem({ container, probes }: ContainerWish, { pod, ours }: PlanContext): Problem[] {
  const probe = probes.find(needsAgent);
  const mounts = probedContainers(pod).find(({ name }) => name === container)?.volumeMounts ?? [];
  const isTaken = mounts.some((mount) => mount.mountPath === mountPath);
  if (!probe || !isTaken || ours.has(`${container}/volumeMounts/${mountPath}`)) return [];
  const received = `container "${container}" has a volume of its own at ${mountPath}, where the agent goes`;
  return [{ annotation: probe.annotation, received, expected: 'that path free, or pattern sidecar' }];
}

function probesOf({ container, probes, timing }: ContainerWish): Addition[] {
  const periodSeconds = timing.periodSeconds ?? defaultPeriodSeconds;
  const timeoutMs = timing.timeoutMs ?? defaultTimeoutMs;
  const hasStartup = probes.some(({ probe }) => probe === 'startup');
  return probes.map((wish) => {
    // The agent's own deadline comes first: killed by the kubelet's, it could not say what it was waiting for.
    const timeoutSeconds = Math.ceil(timeoutMs / 1_000) + (needsAgent(wish) ? 1 : 0);
    const value = timed(execProbe(wish, timeoutMs), wish.probe, timing, { periodSeconds, timeoutSeconds, hasStartup });
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
        ...wish.checks.map((check) => check.text),
      ]
    : (wish.checks[0] as Check).command;
  return { exec: { command: command.map(literal) } };
}

function costWarning({ container, timing, probes }: ContainerWish): string[] {
  const periodSeconds = timing.periodSeconds ?? defaultPeriodSeconds;
  if (periodSeconds >= defaultPeriodSeconds) return [];
  const advice = probes.some(needsAgent) ? 'pattern sidecar is cheaper' : '10s is short enough for most';
  return [
    `An exec probe costs the node about 40 ms of CPU: with a period of ${periodSeconds}s for container "${container}", ${advice}.`,
  ];
}
