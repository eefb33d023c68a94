import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { Watched } from './watched.ts';

/** That the hardware of a Pod fails, and since when. */
export type Failing = {
  readonly container: string;
  readonly sinceMs: number;
  /** When it may have begun at the earliest, where nobody saw it begin and nothing says when. */
  readonly earliestMs?: number;
  /** The probe of a container, or the device plugin through the kubelet. */
  readonly input: 'probe' | 'device';
  /** What the device plugin says; the reason of a probe has to be asked for. */
  readonly message: string;
};

/** When those containers had started that were seen ready, by name: what a failure is told from a start by. */
export type Seen = Readonly<Record<string, number>>;

type Before = { readonly seen: Seen; readonly failing: Failing | undefined };

/**
 * Whether the hardware fails by the Pod's status. The kubelet counted the failures already; a container that is not up,
 * or whose probe had no time yet, says nothing about hardware.
 */
export function failureOf(pod: V1Pod, { containers }: Watched, before: Before | undefined, nowMs: number): Before {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const { containerStatuses = [] } = pod.status ?? {};
  // The sidecar is told to stop then, and says so.
  const isDone = containerStatuses.length > 0 && containerStatuses.every(({ state }) => state?.terminated);
  if (isDone) return { seen: {}, failing: undefined };
  let failing: Failing | undefined;
  const seen: Record<string, number> = {};
  for (const status of statuses) {
    const { name, ready, started, state } = status;
    if (!containers.includes(name) || !state?.running) continue;
    const startedMs = Date.parse(String(state.running.startedAt));
    const wasSeen = before?.seen[name] === startedMs;
    if (ready || wasSeen) seen[name] = startedMs;
    if (ready || started === false || failing) continue;
    const sinceMs =
      before?.failing?.container === name && before.failing.sinceMs >= startedMs
        ? before.failing.sinceMs
        : wasSeen
          ? nowMs
          : (turnedUnready(pod, startedMs, nowMs) ?? firstVerdictMs(pod, name, startedMs));
    failing = { container: name, sinceMs, input: 'probe', message: '' };
  }
  return { seen, failing: failing ?? sickDevice(pod, statuses, before, nowMs) };
}

/** All containers were ready, this one included, and are not any more: one condition of the Pod has it to the second. */
function turnedUnready({ status }: V1Pod, startedMs: number, nowMs: number): number | undefined {
  const condition = status?.conditions?.find(({ type }) => type === 'ContainersReady');
  const atMs = Date.parse(String(condition?.lastTransitionTime));
  return condition?.status === 'False' && atMs > startedMs ? Math.min(atMs, nowMs) : undefined;
}

/** When a container that never was ready must have been found failing often enough. */
function firstVerdictMs({ spec }: V1Pod, name: string, startedMs: number): number {
  const container = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find((each) => each.name === name);
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = container?.readinessProbe ?? {};
  return startedMs + (initialDelaySeconds + periodSeconds * failureThreshold) * 1_000;
}

/** https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/#device-health-monitoring */
function sickDevice(
  { metadata }: V1Pod,
  statuses: readonly V1ContainerStatus[],
  before: Before | undefined,
  nowMs: number,
): Failing | undefined {
  for (const { name: container, allocatedResourcesStatus = [] } of statuses) {
    for (const { name, resources = [] } of allocatedResourcesStatus) {
      const sick = resources.find(({ health }) => health === 'Unhealthy');
      if (!sick) continue;
      const message = `${name} ${sick.resourceID} is Unhealthy${sick.message ? `: ${sick.message}` : ''}`;
      const failing = { container, sinceMs: nowMs, input: 'device', message } as const;
      // A device is given to a Pod for all its life, over the restarts of its containers.
      if (!before) return { ...failing, earliestMs: Date.parse(String(metadata?.creationTimestamp)) };
      return before.failing?.input === 'device' ? { ...before.failing, container, message } : failing;
    }
  }
  return undefined;
}
