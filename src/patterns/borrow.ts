import { isDeepStrictEqual } from 'node:util';
import type { V1EnvVar, V1VolumeMount } from '@kubernetes/client-node';
import { isRefusal } from '../check/check.ts';
import type { Problem } from '../health/problem.ts';
import { borrowEnv, borrowMounts } from '../pod/borrow.ts';
import { type Pod, probedContainers } from '../pod/pod.ts';
import type { ContainerWish } from './pattern.ts';

/** What a sidecar takes from the containers that it checks. */
export type Borrowed = { readonly env: readonly V1EnvVar[]; readonly mounts: readonly V1VolumeMount[] };

/** Exactly the env entries and mounts that the checks name; two containers may not mean different things by one name. */
export function borrow(wishes: readonly ContainerWish[], pod: Pod, problems: Problem[]): Borrowed {
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
