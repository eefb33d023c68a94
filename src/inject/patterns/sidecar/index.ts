// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
import type { V1Container } from '@kubernetes/client-node';
import { type Check, type Refusal, isLocal } from '../../../check/check.ts';
import { formatDuration } from '../../../check/kinds.ts';
import type { Timing } from '../../intent/pod-settings.ts';
import type { ProbeName } from '../../intent/types.ts';
import type { Addition } from '../../pod/additions.ts';
import { type AgentSettings, agentContainer, literal } from '../../pod/agent-container.ts';
import { type Pod, firstInitContainer, freeName, freePort, ownerOfPort } from '../../pod/pod.ts';
import type { Problem } from '../../problems.ts';
import { type Borrowed, borrow } from '../borrow.ts';
import { type ContainerWish, type Plan, type PlanContext, definePattern } from '../pattern.ts';
import { hostNetworkWarnings, networkWarnings, timed } from '../probe.ts';

/** A startup probe on the network costs next to nothing: every 2 s, so that a fast application is ready fast. */
const startupPeriodSeconds = 2;

/** A native sidecar speaks the application's protocol; probes on the application's container ask the sidecar. */
export const sidecar = definePattern({
  summary: 'a native sidecar that speaks the protocol; probes on the container ask it',
  fills: ['liveness', 'readiness', 'startup'],
  obstacle,
  plan,
});

function obstacle(checks: readonly Check[], _container: string, pod: Pod): Refusal | undefined {
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

function plan(wishes: readonly ContainerWish[], context: PlanContext): Plan {
  const { pod, intent, ours } = context;
  const problems: Problem[] = [];
  const borrowed = borrow(wishes, context.pod, problems);
  const port = sidecarPort(context);
  const owner = ownerOfPort(pod, port, ours);
  if (owner !== undefined) {
    const annotation = sibling(wishes[0]?.probes[0]?.annotation ?? '', 'health-port');
    problems.push({
      annotation,
      received: `port ${port} is declared by container "${owner}"`,
      expected: 'a free one',
    });
  }
  const name = freeName(pod, 'health-probe', ours);
  // A native sidecar that waits for its startup probe holds back all that come after it.
  const first = firstInitContainer(
    pod,
    wishes.map(({ container }) => container),
  );
  const additions: Addition[] = [
    {
      kind: 'initContainer',
      value: sidecarContainer(name, port, wishes, borrowed, intent, livenessOfAgent(port)),
      ...(first === undefined ? {} : { before: first }),
    },
    ...wishes.flatMap((wish) => probesOf(wish, port)),
  ];
  const warnings = [
    ...wishes.flatMap(remoteWarnings),
    ...networkWarnings(pod, [port]),
    ...hostNetworkWarnings(pod, port),
  ];
  return { additions, warnings, problems };
}

function probesOf({ container, probes, timing }: ContainerWish, port: number): Addition[] {
  const { periodSeconds } = checkTiming(timing);
  const hasStartup = probes.some(({ probe }) => probe === 'startup');
  return probes.map(({ probe }) => {
    const path = { liveness: 'livez', readiness: 'readyz', startup: 'startupz' }[probe];
    const value = timed({ httpGet: { path: `/${path}/${container}`, port, scheme: 'HTTP' } }, probe, timing, {
      periodSeconds: probe === 'startup' ? Math.min(periodSeconds, startupPeriodSeconds) : periodSeconds,
      timeoutSeconds: 1,
      hasStartup,
    });
    return { kind: 'probe', container, probe, value };
  });
}

function remoteWarnings({ container, probes }: ContainerWish): string[] {
  const remote = probes
    .filter(({ probe }) => probe === 'liveness')
    .flatMap(({ checks }) => checks.filter((check) => !isLocal(check)));
  return remote.map(
    ({ host }) =>
      `The liveness of container "${container}" depends on ${host}: if ${host} fails, the container is restarted.`,
  );
}

/** The probes of the sidecar itself. */
export type OwnProbes = Pick<V1Container, 'livenessProbe' | 'readinessProbe'>;

/**
 * The native sidecar that checks all `wishes`. It has no startup probe: the kubelet starts no container before the ones
 * in front of it have started, and an agent must never hold an application back. `flags` are for the agent.
 */
export function sidecarContainer(
  name: string,
  port: number,
  wishes: readonly ContainerWish[],
  borrowed: Borrowed,
  settings: AgentSettings,
  ownProbes: OwnProbes,
  flags: readonly string[] = [],
): V1Container {
  return {
    ...agentContainer(name, settings),
    restartPolicy: 'Always',
    args: ['serve', '--port', `${port}`, ...flags, ...wishes.flatMap(containerArguments)].map(literal),
    ...(borrowed.env.length > 0 ? { env: [...borrowed.env] } : {}),
    ports: [{ name: 'health-probe', containerPort: port, protocol: 'TCP' }],
    ...ownProbes,
    ...(borrowed.mounts.length > 0 ? { volumeMounts: [...borrowed.mounts] } : {}),
  };
}

/** Has an agent restarted that does not get on: what it knows of an application its next runs tell again. */
export const livenessOfAgent = (port: number): OwnProbes => ({
  livenessProbe: {
    httpGet: { path: '/agentz', port, scheme: 'HTTP' },
    periodSeconds: 10,
    timeoutSeconds: 1,
    failureThreshold: 3,
  },
});

function containerArguments({ container, probes, timing }: ContainerWish): string[] {
  const { periodSeconds, timeoutMs } = checkTiming(timing);
  return [
    '--container',
    container,
    '--period',
    `${periodSeconds}s`,
    '--timeout',
    formatDuration(timeoutMs),
    ...probes.flatMap(({ probe, checks }) => checks.flatMap((check) => flag(probe, check))),
  ];
}

const flag = (probe: ProbeName, check: Check): string[] => [`--${probe}`, check.text];

const defaultPort = 9440;

/** The port of the sidecar, whether there is one or not. */
export const sidecarPort = ({ pod, intent, ours }: PlanContext): number =>
  intent.healthPort ?? freePort(pod, defaultPort, ours);

/** How often the sidecar checks and how long one check may take; a check is never longer than its period. */
export function checkTiming(timing: Timing): { readonly periodSeconds: number; readonly timeoutMs: number } {
  const periodSeconds = timing.periodSeconds ?? 10;
  return { periodSeconds, timeoutMs: Math.min(timing.timeoutMs ?? 1_000, periodSeconds * 1_000) };
}
