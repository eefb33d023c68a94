// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
import type { V1Container } from '@kubernetes/client-node';
import type { Check } from '../../check/check.ts';
import { formatDuration } from '../../check/kinds.ts';
import type { ProbeName } from '../../health/intent.ts';
import { type AgentSettings, agentContainer, literal } from '../../pod/agent-container.ts';
import type { Borrowed } from '../borrow.ts';
import type { ContainerWish } from '../pattern.ts';
import { checkTiming } from './timing.ts';

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
