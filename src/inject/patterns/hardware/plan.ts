// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#sidecar-containers-and-pod-lifecycle
// https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
import type { V1Container, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import type { Timing } from '../../model/intent.ts';
import type { Addition } from '../../pod/additions.ts';
import { createNaming, freeName, freePort, isWithin } from '../../pod/pod.ts';
import { type Borrowed, borrow } from '../borrow.ts';
import { costWarning, deliver, execProbes, keepState, mountPath, mountProblem, statePath } from '../cli/index.ts';
import type { ContainerAssignment, PatternPlan, PlanContext } from '../pattern.ts';
import { answerTimeoutSeconds, hostNetworkWarnings, networkWarnings, timed } from '../probe.ts';
import { cutTimeouts, sidecarContainer, sidecarPort } from '../sidecar/index.ts';
import { questionFlags, unasked } from '../trial-flags.ts';
import { windowFor } from './move-window.ts';
import type { HardwareOptions } from './options.ts';

/** A read of a sensor may wait for the device behind it. */
export const defaultTimeoutMs = 5_000;

/**
 * A native sidecar whose own readiness is the hardware's: it takes the Pod out of its Services and has the controller
 * move it, touches no container of the user's, and keeps no Job from completing.
 */
export function planSidecar(
  assignments: readonly ContainerAssignment[],
  context: PlanContext<HardwareOptions>,
): PatternPlan {
  const { pod } = context;
  const shown = hostMounts(context);
  const before = sidecarPort(context);
  const port = freePort(pod, before < 65_535 ? before + 1 : 9_441);
  const borrowed = borrow(
    assignments.map((assignment) => withoutFiles(assignment, shown)),
    pod,
  );
  const window = windowFor(assignments, context);
  const shared = { ...borrowed, mounts: [...borrowed.mounts, ...shown.mounts, ...window.mounts] };
  const additions: Addition[] = [
    ...shown.volumes.map((value) => ({ kind: 'volume' as const, value })),
    ...window.additions,
    {
      kind: 'initContainer',
      value: containerOf({ port, assignments, shared, flags: [...shown.flags, ...window.flags] }, context),
    },
  ];
  return {
    additions,
    warnings: [...assignments.flatMap(cutTimeouts), ...networkWarnings(pod, [port]), ...hostNetworkWarnings(pod, port)],
    problems: [...borrowed.problems, ...window.problems],
  };
}

function containerOf(
  {
    port,
    assignments,
    shared,
    flags,
  }: {
    readonly port: number;
    readonly assignments: readonly ContainerAssignment[];
    readonly shared: Borrowed;
    readonly flags: readonly string[];
  },
  { pod, intent, options }: PlanContext<HardwareOptions>,
): V1Container {
  const name = freeName(pod, 'health-probe-hardware');
  const withTimeouts = assignments.map((assignment) => ({
    ...assignment,
    timing: { timeoutMs: defaultTimeoutMs, ...assignment.timing },
  }));
  const timing = strictest(assignments.map((assignment) => assignment.timing));
  const action = { httpGet: { path: '/readyz', port, scheme: 'HTTP' } };
  // No liveness: an agent that is restarted forgets what it counted, and a memory error that it held would be well again.
  const periodSeconds = timing.periodSeconds ?? 10;
  const readinessProbe = timed(action, 'readiness', timing, {
    periodSeconds,
    timeoutSeconds: answerTimeoutSeconds(periodSeconds),
    hasStartup: false,
  });
  const container = sidecarContainer({
    name,
    port,
    assignments: intent.isTrial
      ? withTimeouts.map((assignment) => ({ ...assignment, flags: questionFlags(assignment) }))
      : withTimeouts,
    borrowed: shared,
    settings: intent,
    // In trial it stays ready whatever it sees, and without its label the controller does not move the Pod.
    ownProbes: intent.isTrial ? {} : { readinessProbe },
    // The controller asks for the reading from outside the Pod, and a reading of hardware is no secret.
    flags: [...(intent.isTrial ? ['--trial'] : []), '--verbose', ...flags],
  });
  const { resourceClaim } = options;
  return {
    ...container,
    ...(resourceClaim === undefined ? {} : { resources: { claims: [{ name: resourceClaim }] } }),
    ports: [{ name: 'health-hardware', containerPort: port, protocol: 'TCP' }],
  };
}

/** What the node shows is not on a volume of the container's. */
const withoutFiles = (assignment: ContainerAssignment, shown: HostMounts): ContainerAssignment => ({
  ...assignment,
  probes: assignment.probes.map((probe) => ({
    ...probe,
    checks: probe.checks.map((check) => ({ ...check, files: check.files.filter((file) => !isShown(file, shown)) })),
  })),
});

/** One probe serves all containers: the shortest times and the lowest counts that any of them asks for. */
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

/** What of the node is mounted into the sidecar, and the flags that say so to the agent. */
type HostMounts = {
  readonly volumes: readonly V1Volume[];
  readonly mounts: readonly V1VolumeMount[];
  readonly flags: readonly string[];
};

/** Where the node's paths lie in the sidecar. */
const root = '/host';

const [directory, blockType, characterType] = ['Directory', 'BlockDevice', 'CharDevice'];

/** The types of the volumes that show the node: what must exist there. */
export const hostTypes: readonly unknown[] = [directory, blockType, characterType];

/** The names that block devices have; every other is taken for a character device, and the kubelet refuses a wrong type. */
const blockDevice =
  /^\/dev\/(disk\/|mapper\/|(s|h|v|xv)d[a-z]|nvme\d+n|(dm-|md|mmcblk|loop|nbd|pmem|rbd|drbd|zram|sr)\d)/;

/** Mounts what was asked for under `/host`, read-only with all that is mounted below it, and only where it is of its type. */
function hostMounts({ pod, options: { hostPaths, devices } }: PlanContext<HardwareOptions>): HostMounts {
  const asked = [
    ...hostPaths.map(({ path, as }) => ({ path, as, type: directory })),
    ...devices.map((path) => ({ path, as: path, type: blockDevice.test(path) ? blockType : characterType })),
  ];
  const naming = createNaming(pod);
  const names = asked.map((_, index) => naming(`health-probe-host-${index + 1}`));
  const has = (place: string): boolean => asked.some(({ as }) => as === place);
  const isDeviceShown = has('/dev') || devices.length > 0;
  return {
    volumes: asked.map(({ path, type }, index) => ({ name: names[index] as string, hostPath: { path, type } })),
    mounts: asked.map(({ as }, index) => ({
      name: names[index] as string,
      mountPath: root + as,
      readOnly: true,
      recursiveReadOnly: 'IfPossible',
    })),
    flags: [
      ...(has('/sys') ? ['--sys-root', `${root}/sys`] : []),
      ...(has('/proc') ? ['--proc-root', `${root}/proc`] : []),
      ...(isDeviceShown ? ['--dev-root', `${root}/dev`] : []),
    ],
  };
}

/** True for a file that lies on one of these mounts. */
const isShown = (file: string, { mounts }: HostMounts): boolean =>
  mounts.some((mount) => isWithin(file, mount.mountPath));

/** An exec probe in the container that has the device: the only one that may ask it without being given another. */
export function planExec(
  assignments: readonly ContainerAssignment[],
  context: PlanContext<HardwareOptions>,
): PatternPlan {
  if (context.intent.isTrial) {
    const why = 'mode: cli asks the hardware from within the container';
    return { additions: [], problems: [], ...unasked(assignments, () => why) };
  }
  const containers = assignments.map(({ container }) => container);
  return {
    additions: [
      ...deliver(containers, context),
      ...keepState(containers, context),
      ...assignments.flatMap((assignment) => execProbes(assignment)),
    ],
    warnings: assignments.flatMap(costWarning),
    problems: assignments.flatMap(({ container, probes }) =>
      [mountPath, statePath].flatMap((path) => mountProblem(container, path, probes[0]?.annotation, context)),
    ),
  };
}
