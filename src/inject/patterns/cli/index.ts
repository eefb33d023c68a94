// https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-liveness-command
// https://kubernetes.io/docs/concepts/storage/volumes/#image
// https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath
import type { V1Probe, V1VolumeMount } from '@kubernetes/client-node';
import { type Check, type Refusal, mayBeUnknown, needsState } from '../../../check/check.ts';
import { formatDuration } from '../../../check/kinds.ts';
import { holdMountPaths, isHoldVolume } from '../../../hold/volume.ts';
import { type Addition, isAddedProbe } from '../../pod/additions.ts';
import { agentContainer, isAgentContainer, literal } from '../../pod/agent-container.ts';
import { firstInitContainer, freeName, probedContainers } from '../../pod/pod.ts';
import type { Problem } from '../../model/problems.ts';
import {
  type ContainerAssignment,
  type PatternPlan,
  type PlanContext,
  type ProbeAssignment,
  definePattern,
} from '../pattern.ts';
import { hasRoomFor, holdFor } from '../hold.ts';
import type { Timing } from '../../model/intent.ts';
import { timed } from '../probe.ts';
import { shellWarnings } from '../shell.ts';

const defaultPeriodSeconds = 10;

/** Starting a program in a container takes the runtime tens of milliseconds, and far more on a busy node. */
const defaultTimeoutMs = 5_000;

/** Where the agent lies in a container that is checked by it. */
export const mountPath = '/opt/health-probe';

/** Where one run leaves for the next what it has counted: the agent's own folder is read-only. */
export const statePath = `${mountPath}-state`;

/** An exec probe in the container: a tool of its image, or the agent, which is brought along. */
export const cli = definePattern({
  summary: 'an exec probe in the container: a tool of its image, or the agent, which is brought along',
  probesFilledByCheck: ['liveness', 'readiness'],
  defaultTimeoutMs,
  unsupportedReason,
  plan,
  isAddedForm,
});

function unsupportedReason(checks: readonly Check[]): Refusal | undefined {
  if (!checks.some(({ scheme }) => scheme === 'push')) return undefined;
  return {
    received: 'received a push check, which needs a process that takes reports',
    expected: 'pattern sidecar for it',
  };
}

function plan(assignments: readonly ContainerAssignment[], context: PlanContext): PatternPlan {
  const containersOf = (has: (assignment: ProbeAssignment) => boolean): string[] =>
    assignments.filter(({ probes }) => probes.some(has)).map(({ container }) => container);
  const shipped = containersOf(needsAgent);
  const hold = shipped.length > 0 ? holdFor(context, 'cli') : undefined;
  const held = new Set(hold ? shipped.filter((name) => hasRoomFor(hold, mountsOf(name, context))) : []);
  return {
    additions: [
      ...(shipped.length > 0 ? deliver(shipped, context) : []),
      ...keepState(containersOf(counts), context),
      ...(hold && held.size > 0 ? [hold.volume, ...[...held].map((container) => mounted(container, hold.mount))] : []),
      ...assignments.flatMap((assignment) => execProbes(assignment, held.has(assignment.container) ? hold?.flags : [])),
    ],
    warnings: assignments.flatMap((assignment) => [...costWarning(assignment), ...shellWarnings(assignment)]),
    problems: assignments.flatMap(({ container, probes }) => [
      ...mountProblem(container, mountPath, probes.find(needsAgent)?.annotation, context),
      ...mountProblem(container, statePath, probes.find(counts)?.annotation, context),
    ]),
  };
}

/** One program of the image is run by the kubelet itself; anything else is the agent's. */
const needsAgent = ({ checks, isGuess }: ProbeAssignment): boolean =>
  isGuess || checks.length > 1 || checks[0]?.scheme !== 'exec';

/** Has one run of a row fail where a check stays unknown: the kubelet keeps nothing of a run that passes. */
const reportUnknownFlag = '--report-unknown';

/** True where one failed run makes nothing unready. Liveness never has it. */
const isReportedOnce = ({ probe, checks }: ProbeAssignment, { failureThreshold = 3 }: Timing): boolean =>
  probe === 'readiness' && failureThreshold > 1 && checks.some(mayBeUnknown);

/** True for a probe whose next run needs to know what this one has counted, or whether it passed. */
const counts = ({ checks, isGuess }: ProbeAssignment): boolean => isGuess || checks.some(needsState);

const mounted = (container: string, value: V1VolumeMount): Addition => ({ kind: 'volumeMount', container, value });

const mountsOf = (container: string, { pod }: PlanContext): readonly V1VolumeMount[] =>
  probedContainers(pod).find(({ name }) => name === container)?.volumeMounts ?? [];

/** The exec probes of one container; `holdFlags` are for the agent. */
export function execProbes(
  { container, probes, timing }: ContainerAssignment,
  holdFlags: readonly string[] = [],
): Addition[] {
  const periodSeconds = timing.periodSeconds ?? defaultPeriodSeconds;
  const timeoutMs = timing.timeoutMs ?? defaultTimeoutMs;
  const hasStartup = probes.some(({ probe }) => probe === 'startup');
  return probes.map((assignment) => {
    // The agent's own deadline comes first: killed by the kubelet's, it could not say what it was waiting for.
    const timeoutSeconds = Math.ceil(timeoutMs / 1_000) + (needsAgent(assignment) ? 1 : 0);
    const flags = [...(isReportedOnce(assignment, timing) ? [reportUnknownFlag] : []), ...holdFlags];
    const action = execProbe(assignment, { periodSeconds, timeoutMs, flags });
    const value = timed(action, assignment.probe, timing, { periodSeconds, timeoutSeconds, hasStartup });
    return { kind: 'probe', container, probe: assignment.probe, value };
  });
}

function execProbe(
  assignment: ProbeAssignment,
  {
    periodSeconds,
    timeoutMs,
    flags,
  }: { readonly periodSeconds: number; readonly timeoutMs: number; readonly flags: readonly string[] },
): V1Probe {
  const command = needsAgent(assignment)
    ? [
        `${mountPath}/health-probe`,
        'check',
        '--probe',
        assignment.probe,
        '--timeout',
        formatDuration(timeoutMs),
        ...(assignment.isGuess ? ['--guess', '--period', `${periodSeconds}s`] : []),
        ...(counts(assignment) ? ['--state', statePath] : []),
        ...flags,
        ...assignment.checks.map((check) => check.text),
      ]
    : (assignment.checks[0] as Check).command;
  return { exec: { command: command.map(literal) } };
}

/** What the user should know of the cost of an exec probe. */
export function costWarning({ container, timing, probes }: ContainerAssignment): string[] {
  const periodSeconds = timing.periodSeconds ?? defaultPeriodSeconds;
  if (periodSeconds >= defaultPeriodSeconds) return [];
  const advice = probes.some(needsAgent) ? 'pattern sidecar is cheaper' : '10s is short enough for most';
  return [
    `An exec probe costs the node about 40 ms of CPU: with a period of ${periodSeconds}s for container "${container}", ${advice}.`,
  ];
}

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
export function deliver(containers: readonly string[], { pod, intent }: PlanContext): Addition[] {
  const name = freeName(pod, 'health-probe-agent');
  const mount: V1VolumeMount = { name, mountPath, readOnly: true };
  const mounts = containers.map((container) => mounted(container, mount));
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

/** The problem of a container that has a volume of its own where the agent goes; none where `annotation` is undefined. */
export function mountProblem(
  container: string,
  path: string,
  annotation: string | undefined,
  context: PlanContext,
): Problem[] {
  const isTaken = mountsOf(container, context).some((mount) => mount.mountPath === path);
  if (annotation === undefined || !isTaken) return [];
  const received = `container "${container}" has a volume of its own at ${path}, where the agent goes`;
  return [{ annotation, received, expected: 'that path free, or pattern sidecar' }];
}

/**
 * Gives each container a folder of its own for that. The agent names its file by the check, so two containers that ask the
 * same would count into one; the kubelet makes the folder as writable as the volume, for whatever user the container has.
 */
export function keepState(containers: readonly string[], { pod }: PlanContext): Addition[] {
  if (containers.length === 0) return [];
  const name = freeName(pod, 'health-probe-state');
  return [
    { kind: 'volume', value: { name, emptyDir: { sizeLimit } } },
    ...containers.map((container) => {
      const value = { name, mountPath: statePath, subPath: container };
      return { kind: 'volumeMount' as const, container, value };
    }),
  ];
}

function isAddedForm(addition: Addition): boolean {
  switch (addition.kind) {
    case 'initContainer':
      return isAgentContainer(addition.value, 'install', mountPath);
    case 'volume': {
      const { emptyDir, image } = addition.value;
      if (isHoldVolume(addition.value)) return true;
      return typeof emptyDir?.sizeLimit === 'string' || typeof image?.reference === 'string';
    }
    case 'volumeMount': {
      const { value, container } = addition;
      return value.mountPath === mountPath || value.mountPath === holdMountPaths.cli
        ? value.readOnly === true && value.subPath === undefined
        : value.mountPath === statePath && value.subPath === container;
    }
    case 'probe':
      return isAddedProbe(addition.value);
    case 'label':
      return false;
    default:
      return addition satisfies never;
  }
}
