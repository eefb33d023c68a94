import { isDeepStrictEqual } from 'node:util';
import type { V1EnvVar, V1VolumeMount } from '@kubernetes/client-node';
import { type Check, type Refusal, isLocal, isRefusal } from '../../check/check.ts';
import type { Problem } from '../../health/problem.ts';
import type { Addition } from '../../pod/addition.ts';
import { borrowEnv, borrowMounts } from '../../pod/borrow.ts';
import { freeName, freePort, ownerOfPort } from '../../pod/names.ts';
import { hostNetworkWarnings, networkWarnings } from '../../pod/network.ts';
import { type Pod, firstInitContainer, probedContainers } from '../../pod/pod.ts';
import { timed } from '../../pod/probe.ts';
import { type ContainerWish, type Plan, type PlanContext, definePattern } from '../pattern.ts';
import { type Borrowed, sidecarContainer } from './container.ts';
import { checkTiming } from './timing.ts';

const defaultPort = 9440;

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

function plan(wishes: readonly ContainerWish[], context: PlanContext): Plan {
  const { pod, intent, ours } = context;
  const problems: Problem[] = [];
  const borrowed = borrow(wishes, context, problems);
  const port = intent.healthPort ?? freePort(pod, defaultPort, ours);
  const owner = ownerOfPort(pod, port, ours);
  if (owner !== undefined) {
    const annotation = (wishes[0]?.probes[0]?.annotation ?? '').replace(/[^/]*$/, 'health-port');
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
      value: sidecarContainer(name, port, wishes, borrowed, intent),
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

/** Exactly the env entries and mounts that the checks name; two containers may not mean different things by one name. */
function borrow(wishes: readonly ContainerWish[], { pod }: PlanContext, problems: Problem[]): Borrowed {
  const env = new Map<string, V1EnvVar>();
  const mounts = new Map<string, V1VolumeMount>();
  const add = <T>(known: Map<string, T>, key: string, value: T, annotation: string): void => {
    const other = known.get(key);
    if (other !== undefined && !isDeepStrictEqual(other, value)) {
      const received = `two containers have different values for ${key}`;
      problems.push({ annotation, received, expected: 'the same value, or pattern cli for one of them' });
    }
    known.set(key, value);
  };
  for (const { container: name, probes } of wishes) {
    const container = probedContainers(pod).find((candidate) => candidate.name === name);
    // The same checks often stand behind all three probes.
    const distinct = probes.filter(
      ({ checks }, index) => probes.findIndex((other) => other.checks === checks) === index,
    );
    for (const { annotation, checks } of container ? distinct : []) {
      const entries = borrowEnv(checks, container as NonNullable<typeof container>);
      const paths = borrowMounts(checks, container as NonNullable<typeof container>);
      if (isRefusal(entries)) problems.push({ annotation, ...entries });
      else for (const entry of entries) add(env, entry.name, entry, annotation);
      if (isRefusal(paths)) problems.push({ annotation, ...paths });
      else for (const mount of paths) add(mounts, mount.mountPath, mount, annotation);
    }
  }
  return { env: [...env.values()], mounts: [...mounts.values()] };
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
