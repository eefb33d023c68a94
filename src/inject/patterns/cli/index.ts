// https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-liveness-command
// https://kubernetes.io/docs/concepts/storage/volumes/#image
// https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath
import type { V1Probe, V1VolumeMount } from '@kubernetes/client-node';
import { type Check, type Refusal, isHardware } from '../../../check/check.ts';
import { formatDuration } from '../../../check/kinds.ts';
import type { Addition } from '../../pod/additions.ts';
import { agentContainer, literal } from '../../pod/agent-container.ts';
import { firstInitContainer, freeName, probedContainers } from '../../pod/pod.ts';
import type { Problem } from '../../problems.ts';
import { type ContainerWish, type Plan, type PlanContext, type ProbeWish, definePattern } from '../pattern.ts';
import { timed } from '../probe.ts';

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
  const containersOf = (has: (wish: ProbeWish) => boolean): string[] =>
    wishes.filter(({ probes }) => probes.some(has)).map(({ container }) => container);
  const shipped = containersOf(needsAgent);
  return {
    additions: [
      ...(shipped.length > 0 ? deliver(shipped, context) : []),
      ...keepState(containersOf(counts), context),
      ...wishes.flatMap((wish) => execProbes(wish)),
    ],
    warnings: wishes.flatMap(costWarning),
    problems: wishes.flatMap(({ container, probes }) => [
      ...mountProblem(container, mountPath, probes.find(needsAgent)?.annotation, context),
      ...mountProblem(container, statePath, probes.find(counts)?.annotation, context),
    ]),
  };
}

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

/** Where the agent lies in a container that is checked by it. */
export const mountPath = '/opt/health-probe';

/**
 * Several times what the agent writes: itself, and some hundred bytes, at most two megabytes, for each check that counts.
 * What is written beyond it evicts the Pod, and nothing else writes here.
 */
const sizeLimit = '16Mi';

/**
 * Brings the agent into the containers. The init container copies itself and runs the copy: an exec probe whose
 * program cannot start is an error that the kubelet throws away, so a noexec volume has to show before the
 * application starts. An image volume needs no copy, and Kubernetes 1.35 or later. Two patterns that bring it bring the same.
 */
export function deliver(containers: readonly string[], { pod, intent, ours }: PlanContext): Addition[] {
  const name = freeName(pod, 'health-probe-agent', ours);
  const mount: V1VolumeMount = { name, mountPath, readOnly: true };
  const mounts = containers.map((container) => ({ kind: 'volumeMount' as const, container, value: mount }));
  if (intent.delivery === 'image-volume') {
    const image = { reference: intent.image, pullPolicy: 'IfNotPresent' };
    return [{ kind: 'volume', value: { name, image } }, ...mounts];
  }
  const installer = {
    ...agentContainer(name, intent),
    args: ['install', mountPath],
    volumeMounts: [{ name, mountPath }],
  };
  const first = firstInitContainer(
    pod,
    intent.containers.map(({ container }) => container),
  );
  return [
    { kind: 'volume', value: { name, emptyDir: { sizeLimit } } },
    { kind: 'initContainer', value: installer, ...(first === undefined ? {} : { before: first }) },
    ...mounts,
  ];
}

/** That a container has a volume of its own where something of ours goes; none where `annotation` asks for nothing. */
export function mountProblem(
  container: string,
  path: string,
  annotation: string | undefined,
  { pod, ours }: PlanContext,
): Problem[] {
  const mounts = probedContainers(pod).find(({ name }) => name === container)?.volumeMounts ?? [];
  const isTaken = mounts.some((mount) => mount.mountPath === path);
  if (annotation === undefined || !isTaken || ours.has(`${container}/volumeMounts/${path}`)) return [];
  const received = `container "${container}" has a volume of its own at ${path}, where the agent goes`;
  return [{ annotation, received, expected: 'that path free, or pattern sidecar' }];
}

/** Where one run leaves for the next what it has counted: the agent's own folder is read-only. */
export const statePath = `${mountPath}-state`;

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
