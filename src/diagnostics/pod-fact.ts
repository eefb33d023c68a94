import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { isAgentContainer } from '../inject/pod/agent-container.ts';

/** What is held of a Pod that something is said about; the Pods of a large cluster do not fit into memory whole. */
export type PodFact = {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** `missed`, `invalid-annotations` or another word of the coverage; empty where nothing asks for a check. */
  readonly state: string;
  readonly agents: readonly AgentFact[];
  readonly hasImageVolume: boolean;
  readonly hasExecReadiness: boolean;
};

/** A container of the agent in a Pod, as the kubelet reports it. */
type AgentFact = {
  readonly container: string;
  readonly image: string;
  /** Why it does not run, such as `ImagePullBackOff`; empty where it does. */
  readonly waiting: string;
  /** It ended with an error, and has not begun again. */
  readonly hasFailed: boolean;
  readonly restarts: number;
  /** Why it ended last, such as `OOMKilled`; empty where it never did. */
  readonly lastReason: string;
};

/** Takes from a Pod what diagnostics look at; undefined where there is nothing of ours in it and nothing asks for any. */
export function podFactOf(pod: V1Pod, state: string, prefix: string): PodFact | undefined {
  const { metadata = {}, spec, status } = pod;
  const isOurs = metadata.annotations?.[`${prefix}status`] !== undefined;
  if (!isOurs && (state === '' || state === 'injected')) return undefined;
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const agents = isOurs ? containers.filter((container) => isAgentContainer(container)) : [];
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    node: spec?.nodeName ?? '',
    state,
    agents: agents.map(({ name, image = '' }) =>
      agentFactOf(
        name,
        image,
        statuses.find((each) => each.name === name),
      ),
    ),
    hasImageVolume: isOurs && (spec?.volumes ?? []).some(({ name, image }) => image && name.startsWith('health-probe')),
    hasExecReadiness: isOurs && containers.some(({ readinessProbe }) => readinessProbe?.exec !== undefined),
  };
}

const agentFactOf = (container: string, image: string, status: V1ContainerStatus | undefined): AgentFact => ({
  container,
  image,
  waiting: status?.state?.waiting?.reason ?? '',
  hasFailed: (status?.state?.terminated?.exitCode ?? 0) !== 0,
  restarts: status?.restartCount ?? 0,
  lastReason: status?.lastState?.terminated?.reason ?? '',
});

/** Such as `shop/redis-0`. */
export const podName = ({ namespace, name }: PodFact): string => `${namespace}/${name}`;

/** Such as `2 Pods`. */
export const countOfPods = ({ length }: readonly PodFact[]): string => `${length} ${length === 1 ? 'Pod' : 'Pods'}`;
