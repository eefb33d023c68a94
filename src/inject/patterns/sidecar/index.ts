// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
import type { V1Container, V1EnvVar } from '@kubernetes/client-node';
import { type Check, type Refusal, isLocal, isPod } from '../../../check/check.ts';
import { formatDuration } from '../../../check/kinds.ts';
import { isHoldVolume } from '../../../hold/volume.ts';
import type { Timing } from '../../model/intent.ts';
import { type Addition, type ProbeName, isAddedProbe } from '../../pod/additions.ts';
import {
  type AgentSettings,
  agentContainer,
  isAgentContainer,
  literal,
  podAddressesVariable,
} from '../../pod/agent-container.ts';
import { type Pod, firstInitContainer, freeName, freePort, ownerOfPort } from '../../pod/pod.ts';
import type { Problem } from '../../model/problems.ts';
import { type Borrowed, borrow } from '../borrow.ts';
import { type HoldAdditions, hasRoomFor, holdFor } from '../hold.ts';
import { type ContainerAssignment, type PatternPlan, type PlanContext, definePattern } from '../pattern.ts';
import { answerTimeoutSeconds, hostNetworkWarnings, networkWarnings, timed } from '../probe.ts';
import { type SidecarOptions, readSidecarOptions, sidecarKeys } from './options.ts';

const defaultTimeoutMs = 1_000;

/** A native sidecar speaks the application's protocol; probes on the application's container ask the sidecar. */
export const sidecar = definePattern<SidecarOptions>({
  summary: 'a native sidecar that speaks the protocol; probes on the container ask it',
  probesFilledByCheck: ['liveness', 'readiness', 'startup'],
  defaultTimeoutMs,
  ownKeys: sidecarKeys,
  readOptions: readSidecarOptions,
  unsupportedReason,
  plan,
  isAddedForm,
  listens: () => true,
});

function unsupportedReason(checks: readonly Check[], _container: string, pod: Pod): Refusal | undefined {
  const has = (wanted: string): boolean => checks.some(({ scheme }) => scheme === wanted);
  if (has('exec')) {
    return {
      received: "received an exec check, but the container's programs are not in the sidecar",
      expected: 'a check of another scheme, or pattern cli',
    };
  }
  const seesProcesses = pod.spec.shareProcessNamespace === true || pod.spec.hostPID === true;
  if (has('process') && !seesProcesses) {
    return {
      received: 'received a process check, but the Pod does not share its process namespace',
      expected: 'shareProcessNamespace: true, or pattern cli',
    };
  }
  return undefined;
}

/** The annotation of another key with the same prefix. */
const sibling = (annotation: string, key: string): string => annotation.slice(0, annotation.lastIndexOf('/') + 1) + key;

function plan(assignments: readonly ContainerAssignment[], context: PlanContext<SidecarOptions>): PatternPlan {
  const flags = context.options.reasons === 'public' ? ['--verbose'] : [];
  const { additions, warnings, problems } = planBeside(assignments, context, {
    flags,
    hold: holdFor(context, 'sidecar'),
  });
  const port = sidecarPort(context);
  return {
    additions: [...additions, ...assignments.flatMap((assignment) => probesOf(assignment, port))],
    warnings: [...assignments.flatMap(remoteWarnings), ...warnings],
    problems,
  };
}

/** The sidecar that asks for these assignments, without the probes that ask it. */
export function planBeside(
  assignments: readonly AskedContainer[],
  context: Omit<PlanContext, 'options'>,
  { flags, hold: wanted }: { readonly flags: readonly string[]; readonly hold?: HoldAdditions | undefined },
): PatternPlan {
  const { pod, intent } = context;
  const borrowed = borrow(assignments, pod);
  const problems: Problem[] = [...borrowed.problems];
  const port = sidecarPort(context);
  const owner = ownerOfPort(pod, port);
  if (owner !== undefined) {
    const annotation = sibling(assignments[0]?.probes[0]?.annotation ?? '', 'health-port');
    problems.push({
      annotation,
      received: `port ${port} is declared by container "${owner}"`,
      expected: 'a free one',
    });
  }
  const name = freeName(pod, 'health-probe');
  // A native sidecar that waits for its startup probe holds back all that come after it.
  const first = firstInitContainer(
    pod,
    assignments.map(({ container }) => container),
  );
  const hold = wanted && hasRoomFor(wanted, borrowed.mounts) ? wanted : undefined;
  const additions: Addition[] = [
    ...(hold ? [hold.volume] : []),
    {
      kind: 'initContainer',
      value: sidecarContainer({
        name,
        port,
        assignments,
        borrowed: hold ? { ...borrowed, mounts: [...borrowed.mounts, hold.mount] } : borrowed,
        settings: intent,
        ownProbes: livenessOfAgent(port),
        flags: [...flags, ...(hold?.flags ?? [])],
      }),
      ...(first === undefined ? {} : { before: first }),
    },
  ];
  const warnings = [
    ...assignments.flatMap(cutTimeouts),
    ...networkWarnings(pod, [port]),
    ...hostNetworkWarnings(pod, port),
  ];
  return { additions, warnings, problems };
}

function probesOf({ container, probes, timing }: ContainerAssignment, port: number): Addition[] {
  const { periodSeconds } = checkTiming(timing);
  const hasStartup = probes.some(({ probe }) => probe === 'startup');
  return probes.map(({ probe }) => {
    const path = { liveness: 'livez', readiness: 'readyz', startup: 'startupz' }[probe];
    const value = timed({ httpGet: { path: `/${path}/${container}`, port, scheme: 'HTTP' } }, probe, timing, {
      periodSeconds,
      timeoutSeconds: answerTimeoutSeconds(periodSeconds),
      hasStartup,
    });
    return { kind: 'probe', container, probe, value };
  });
}

/** Says where a timeout is not what was asked for, since no check lasts longer than its period. */
export function cutTimeouts({ container, timing }: ContainerAssignment): string[] {
  const { periodSeconds, timeoutMs } = checkTiming(timing);
  if (timing.timeoutMs === undefined || timing.timeoutMs === timeoutMs) return [];
  const [asked, period] = [timing.timeoutMs, periodSeconds * 1_000].map(formatDuration);
  return [`The timeout of container "${container}" is ${period} and not ${asked}: no check is longer than its period.`];
}

function remoteWarnings({ container, probes }: ContainerAssignment): string[] {
  const remote = probes
    .filter(({ probe }) => probe === 'liveness')
    .flatMap(({ checks }) => checks.filter((check) => !isLocal(check)));
  return remote.map(
    ({ host }) =>
      `The liveness of container "${container}" depends on ${host}: if ${host} fails, the container is restarted.`,
  );
}

/** A container, and the flags with which an agent asks it. */
export type AskedContainer = ContainerAssignment & { readonly flags?: readonly string[] };

/** The probes of the sidecar itself. */
type OwnProbes = Pick<V1Container, 'livenessProbe' | 'readinessProbe'>;

/**
 * The native sidecar that checks all `assignments`. It has no startup probe: the kubelet starts no container before the ones
 * in front of it have started, and an agent must never hold an application back. `flags` are for the agent.
 */
export function sidecarContainer({
  name,
  port,
  assignments,
  borrowed,
  settings,
  ownProbes,
  flags = [],
}: {
  readonly name: string;
  readonly port: number;
  readonly assignments: readonly AskedContainer[];
  readonly borrowed: Borrowed;
  readonly settings: AgentSettings;
  readonly ownProbes: OwnProbes;
  readonly flags?: readonly string[];
}): V1Container {
  const env = [...borrowed.env, ...podAddresses(assignments)];
  return {
    ...agentContainer(name, settings),
    restartPolicy: 'Always',
    args: ['serve', '--port', `${port}`, ...flags, ...assignments.flatMap(containerArguments)].map(literal),
    ...(env.length > 0 ? { env } : {}),
    ports: [{ name: 'health-probe', containerPort: port, protocol: 'TCP' }],
    ...ownProbes,
    ...(borrowed.mounts.length > 0 ? { volumeMounts: [...borrowed.mounts] } : {}),
  };
}

/** Tells the agent the Pod's own addresses where a check names them: of several networks only Kubernetes knows which is its own. */
function podAddresses(assignments: readonly ContainerAssignment[]): V1EnvVar[] {
  const isNamed = assignments.some(({ probes }) => probes.some(({ checks }) => checks.some(({ host }) => isPod(host))));
  const valueFrom = { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIPs' } };
  return isNamed ? [{ name: podAddressesVariable, valueFrom }] : [];
}

/**
 * Has an agent restarted that does not get on: what it knows of an application its next runs tell again. It fails no later
 * than the probes of the application, which ask the same agent.
 */
const livenessOfAgent = (port: number): OwnProbes => ({
  livenessProbe: {
    httpGet: { path: '/agentz', port, scheme: 'HTTP' },
    periodSeconds: 10,
    timeoutSeconds: answerTimeoutSeconds(10),
    failureThreshold: 3,
  },
});

function containerArguments({ container, probes, timing, flags = [] }: AskedContainer): string[] {
  const { periodSeconds, timeoutMs } = checkTiming(timing);
  return [
    '--container',
    container,
    '--period',
    `${periodSeconds}s`,
    '--timeout',
    formatDuration(timeoutMs),
    ...(probes.some(({ isGuess }) => isGuess) ? ['--guess'] : []),
    ...flags,
    ...probes.flatMap(({ probe, checks }) => checks.flatMap((check) => flag(probe, check))),
  ];
}

const flag = (probe: ProbeName, check: Check): string[] => [`--${probe}`, check.text];

const defaultPort = 9440;

/** The port of the sidecar, whether there is one or not. */
export const sidecarPort = ({ pod, intent }: Omit<PlanContext, 'options'>): number =>
  intent.healthPort ?? freePort(pod, defaultPort);

/** How often the sidecar checks and how long one check may take; a check is never longer than its period. */
function checkTiming(timing: Timing): { readonly periodSeconds: number; readonly timeoutMs: number } {
  const periodSeconds = timing.periodSeconds ?? 10;
  return { periodSeconds, timeoutMs: Math.min(timing.timeoutMs ?? defaultTimeoutMs, periodSeconds * 1_000) };
}

function isAddedForm(addition: Addition): boolean {
  if (addition.kind === 'initContainer') return isAgentContainer(addition.value, 'serve', '--port');
  if (addition.kind === 'volume') return isHoldVolume(addition.value);
  return addition.kind === 'probe' && isAddedProbe(addition.value);
}
