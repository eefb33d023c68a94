import { type Check, type Refusal, isLocal } from '../../check/check.ts';
import type { Problem } from '../../health/problem.ts';
import type { Addition } from '../../pod/addition.ts';
import { freeName, ownerOfPort } from '../../pod/names.ts';
import { hostNetworkWarnings, networkWarnings } from '../../pod/network.ts';
import { type Pod, firstInitContainer } from '../../pod/pod.ts';
import { timed } from '../../pod/probe.ts';
import { borrow } from '../borrow.ts';
import { type ContainerWish, type Plan, type PlanContext, definePattern } from '../pattern.ts';
import { livenessOfAgent, sidecarContainer } from './container.ts';
import { sidecarPort } from './port.ts';
import { checkTiming } from './timing.ts';

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
