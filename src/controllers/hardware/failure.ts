import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { claimNameOf } from './claimed-device.ts';
import { type SickDevice, sickDevicesOf } from '../../quarantine/sick-devices.ts';

/** That the hardware of a Pod fails, and since when. */
export type Failing = {
  /** Empty where it is a condition of the node. */
  readonly container: string;
  readonly sinceMs: number;
  /** The earliest time at which it may have begun, where no leader saw it begin and no field of the Pod says when. */
  readonly earliestMs?: number;
  /** The probe of a container, the device plugin through the kubelet, or a condition of the node. */
  readonly input: 'probe' | 'device' | 'condition';
  /** What the device plugin or the condition says; the message of a probe has to be read from its sensor. */
  readonly message: string;
  /** Which device, where the input is one. */
  readonly device?: Pick<SickDevice, 'resource' | 'id' | 'claim'>;
};

/** What one version of a Pod's status says of its hardware, without any time at which it was observed. */
export type FailureSigns = {
  /** The containers of the application have ended: the kubelet stops the sidecar then, and the sidecar is not ready. */
  readonly isDone: boolean;
  /** The running containers that carry the check. */
  readonly probes: readonly ProbeSign[];
  /** When the Pod's condition ContainersReady turned false; undefined where it is not false. */
  readonly unreadySinceMs: number | undefined;
  /** The first device that the kubelet calls unhealthy. */
  readonly device: SickDevice | undefined;
};

type ProbeSign = {
  readonly container: string;
  readonly isReady: boolean;
  readonly isStarted: boolean;
  readonly startedAtMs: number;
  /** When a container that never was ready must have failed often enough for its probe to say so. */
  readonly firstVerdictMs: number;
};

/** Reads the signs of a failure from a Pod, for the containers that carry the check. */
export function failureSignsOf(pod: V1Pod, containers: readonly string[]): FailureSigns {
  const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = pod.status ?? {};
  const statuses = [...initContainerStatuses, ...containerStatuses];
  const unready = conditions.find(({ type, status }) => type === 'ContainersReady' && status === 'False');
  return {
    isDone: containerStatuses.length > 0 && containerStatuses.every(({ state }) => state?.terminated),
    // A container that is not up says nothing about hardware.
    probes: statuses
      .filter(({ name, state }) => containers.includes(name) && state?.running)
      .map((status) => probeSignOf(pod, status)),
    unreadySinceMs: unready && Date.parse(String(unready.lastTransitionTime)),
    device: withClaim(sickDevicesOf(statuses)[0], pod),
  };
}

function probeSignOf({ spec }: V1Pod, { name, ready, started, state }: V1ContainerStatus): ProbeSign {
  const container = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find((each) => each.name === name);
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = container?.readinessProbe ?? {};
  const startedAtMs = Date.parse(String(state?.running?.startedAt));
  const firstVerdictMs = startedAtMs + (initialDelaySeconds + periodSeconds * failureThreshold) * 1_000;
  return { container: name, isReady: ready, isStarted: started !== false, startedAtMs, firstVerdictMs };
}

function withClaim(device: SickDevice | undefined, pod: V1Pod): SickDevice | undefined {
  const claim = device && claimNameOf(pod, device.resource);
  return claim === undefined ? device : { ...(device as SickDevice), claim };
}

/** What the controller has learned of a Pod's hardware from all versions of it that it saw. */
export type FailureState = {
  /** When the containers had started that were seen ready, by name: it tells a failure from a start. */
  readonly startedAtWhenReady: Readonly<Record<string, number>>;
  readonly failing: Failing | undefined;
};

/**
 * The state of a Pod's hardware after one more version of it; `before` is undefined for the first one. The kubelet has
 * counted the failures already, so one status that is not ready is a failure.
 */
export function trackFailure(
  signs: FailureSigns,
  before: FailureState | undefined,
  createdMs: number,
  nowMs: number,
): FailureState {
  if (signs.isDone) return { startedAtWhenReady: {}, failing: undefined };
  let failing: Failing | undefined;
  const startedAtWhenReady: Record<string, number> = {};
  for (const { container, isReady, isStarted, startedAtMs, firstVerdictMs } of signs.probes) {
    const wasReady = before?.startedAtWhenReady[container] === startedAtMs;
    if (isReady || wasReady) startedAtWhenReady[container] = startedAtMs;
    if (isReady || !isStarted || failing) continue;
    const known = before?.failing?.container === container ? before.failing.sinceMs : -Infinity;
    const unseenSinceMs = turnedUnreadyMs(signs, startedAtMs, nowMs) ?? firstVerdictMs;
    const sinceMs = known >= startedAtMs ? known : wasReady ? nowMs : unseenSinceMs;
    failing = { container, sinceMs, input: 'probe', message: '' };
  }
  return { startedAtWhenReady, failing: failing ?? failingDevice(signs, before, createdMs, nowMs) };
}

/** All containers were ready, this one included, and are not any more: the condition has the time to the second. */
const turnedUnreadyMs = ({ unreadySinceMs = NaN }: FailureSigns, startedAtMs: number, nowMs: number) =>
  unreadySinceMs > startedAtMs ? Math.min(unreadySinceMs, nowMs) : undefined;

/** The status of a device has no time. A Pod holds its device all its life, over the restarts of its containers. */
function failingDevice(
  { device }: FailureSigns,
  before: FailureState | undefined,
  createdMs: number,
  nowMs: number,
): Failing | undefined {
  if (!device) return undefined;
  const { container, message, resource, id, claim } = device;
  const now = { container, message, device: { resource, id, ...(claim !== undefined && { claim }) } };
  if (before?.failing?.input === 'device') return { ...before.failing, ...now };
  const failing = { ...now, sinceMs: nowMs, input: 'device' } as const;
  return before ? failing : { ...failing, earliestMs: createdMs };
}
