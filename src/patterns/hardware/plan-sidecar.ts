// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#sidecar-containers-and-pod-lifecycle
import type { V1Container } from '@kubernetes/client-node';
import type { Problem } from '../../health/problem.ts';
import type { Timing } from '../../health/timing.ts';
import type { Addition } from '../../pod/addition.ts';
import { freeName, freePort } from '../../pod/names.ts';
import { hostNetworkWarnings, networkWarnings } from '../../pod/network.ts';
import { timed } from '../../pod/probe.ts';
import { type Borrowed, borrow } from '../borrow.ts';
import type { ContainerWish, Plan, PlanContext } from '../pattern.ts';
import { sidecarContainer } from '../sidecar/container.ts';
import { sidecarPort } from '../sidecar/port.ts';
import { type HostMounts, hostMounts, isShown } from './host-mounts.ts';

/** A read of a sensor may wait for the device behind it. */
const defaultTimeoutMs = 5_000;

/**
 * A native sidecar whose own readiness is the hardware's: it takes the Pod out of its Services and has the controller
 * move it, touches no container of the user's, and keeps no Job from completing.
 */
export function planSidecar(wishes: readonly ContainerWish[], context: PlanContext): Plan {
  const { pod, intent, ours } = context;
  const problems: Problem[] = [];
  const shown = hostMounts(intent.hardware, context);
  const before = sidecarPort(context);
  const port = freePort(pod, before < 65_535 ? before + 1 : 9_441, ours);
  const borrowed = borrow(
    wishes.map((wish) => withoutFiles(wish, shown)),
    pod,
    problems,
  );
  const mounts = { ...borrowed, mounts: [...borrowed.mounts, ...shown.mounts] };
  const additions: Addition[] = [
    ...shown.volumes.map((value) => ({ kind: 'volume' as const, value })),
    { kind: 'initContainer', value: containerOf(port, wishes, mounts, shown.flags, context) },
  ];
  return { additions, warnings: [...networkWarnings(pod, [port]), ...hostNetworkWarnings(pod, port)], problems };
}

function containerOf(
  port: number,
  wishes: readonly ContainerWish[],
  borrowed: Borrowed,
  flags: readonly string[],
  { pod, intent, ours }: PlanContext,
): V1Container {
  const name = freeName(pod, 'health-probe-hardware', ours);
  const patient = wishes.map((wish) => ({ ...wish, timing: { timeoutMs: defaultTimeoutMs, ...wish.timing } }));
  const timing = strictest(wishes.map((wish) => wish.timing));
  const action = { httpGet: { path: '/readyz', port, scheme: 'HTTP' } };
  // No liveness: an agent that is restarted forgets what it counted, and a memory error that it held would be well again.
  const readinessProbe = timed(action, 'readiness', timing, {
    periodSeconds: timing.periodSeconds ?? 10,
    timeoutSeconds: 1,
    hasStartup: false,
  });
  // The controller asks for the reading from outside the Pod, and a reading of hardware is no secret.
  const verbose = ['--verbose', ...flags];
  const container = sidecarContainer(name, port, patient, borrowed, intent, { readinessProbe }, verbose);
  const { resourceClaim } = intent.hardware;
  const claims = resourceClaim === undefined ? {} : { claims: [{ name: resourceClaim }] };
  return {
    ...container,
    resources: { ...container.resources, ...claims },
    ports: [{ name: 'health-hardware', containerPort: port, protocol: 'TCP' }],
  };
}

/** What the node shows is not on a volume of the container's. */
const withoutFiles = (wish: ContainerWish, shown: HostMounts): ContainerWish => ({
  ...wish,
  probes: wish.probes.map((probe) => ({
    ...probe,
    checks: probe.checks.map((check) => ({ ...check, files: check.files.filter((file) => !isShown(file, shown)) })),
  })),
});

/** One probe speaks for all containers: the shortest times and the lowest counts that any of them asks for. */
function strictest(timings: readonly Timing[]): Timing {
  const least = (key: keyof Timing) => {
    const values = timings.flatMap((timing) => timing[key] ?? []);
    return values.length > 0 ? { [key]: Math.min(...values) } : {};
  };
  return {
    ...least('periodSeconds'),
    ...least('initialDelaySeconds'),
    ...least('failureThreshold'),
    ...least('successThreshold'),
  };
}
