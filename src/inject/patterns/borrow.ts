import { isDeepStrictEqual } from 'node:util';
import type { V1Container, V1EnvVar, V1VolumeMount } from '@kubernetes/client-node';
import { type Check, type Refusal, isRefusal } from '../../check/check.ts';
import { referencesIn } from '../pod/agent-container.ts';
import { commandCharacters } from '../pod/limits.ts';
import { type Pod, probedContainers } from '../pod/pod.ts';
import type { Problem } from '../model/problems.ts';
import type { ContainerAssignment } from './pattern.ts';

/** What a sidecar takes from the containers that it checks, and what cannot be taken. */
export type Borrowed = {
  readonly env: readonly V1EnvVar[];
  readonly mounts: readonly V1VolumeMount[];
  readonly problems: readonly Problem[];
};

/** Exactly the env entries and mounts that the checks name; two containers may not mean different things by one name. */
export function borrow(assignments: readonly ContainerAssignment[], pod: Pod): Borrowed {
  const problems: Problem[] = [];
  const env = new Map<string, V1EnvVar>();
  const mounts = new Map<string, V1VolumeMount>();
  const add = <T>(entries: Map<string, T>, key: string, value: T, annotation: string): void => {
    const other = entries.get(key);
    if (other !== undefined && !isDeepStrictEqual(other, value)) {
      const received = `two containers have different values for ${key}`;
      problems.push({ annotation, received, expected: 'the same value, or pattern cli for one of them' });
    }
    entries.set(key, value);
  };
  for (const { container: name, probes } of assignments) {
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
  return { env: [...env.values()], mounts: [...mounts.values()], problems };
}

/** The env entries that the checks name, and those that these refer to by `$(NAME)`, in the container's order. */
function borrowEnv(checks: readonly Check[], container: V1Container): readonly V1EnvVar[] | Refusal {
  const env = container.env ?? [];
  // Of two entries of one name the last counts.
  const byName = new Map(env.map((entry) => [entry.name, entry]));
  const wanted = new Set<string>();
  const fromSources: V1EnvVar[] = [];
  const named = new Set(checks.flatMap((check) => check.env));
  const queue = [...named];
  let characters = 0;
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (wanted.has(name)) continue;
    wanted.add(name);
    const entry = byName.get(name);
    // A manifest of the command line may have a number here.
    const value = `${entry?.value ?? ''}`;
    characters += value.length;
    if (characters > commandCharacters) {
      return {
        received: `the variables that the check needs have more than ${commandCharacters} characters in container "${container.name}"`,
        expected: 'shorter ones',
      };
    }
    for (const reference of referencesIn(value)) queue.push(reference);
    if (entry) continue;
    const source = envFromSource(name, container);
    if (source) {
      // Each is written out with the name of its source.
      characters += JSON.stringify(source).length;
      fromSources.push(source);
    } else if ((container.envFrom ?? []).length > 1) {
      return {
        received: `the check needs $${name}, which any of the envFrom sources of container "${container.name}" may hold`,
        expected: 'an env entry of that name',
      };
    } else if (named.has(name)) {
      return {
        received: `the check names $${name}, which container "${container.name}" does not have in its env`,
        expected: 'the name of one of its env entries',
      };
    }
  }
  return [...fromSources, ...env.filter((entry) => wanted.has(entry.name))];
}

/** A variable that can only come from the one envFrom source of the container; with several it could come from any. */
function envFromSource(name: string, { envFrom }: V1Container): V1EnvVar | undefined {
  const [source, another] = envFrom ?? [];
  if (!source || another || !name.startsWith(source.prefix ?? '')) return undefined;
  const key = name.slice((source.prefix ?? '').length);
  if (source.secretRef) return { name, valueFrom: { secretKeyRef: { ...source.secretRef, key } } };
  if (source.configMapRef) return { name, valueFrom: { configMapKeyRef: { ...source.configMapRef, key } } };
  return undefined;
}

/** The mounts, read-only, on which the files lie that the checks name. */
function borrowMounts(checks: readonly Check[], container: V1Container): readonly V1VolumeMount[] | Refusal {
  const borrowed = new Map<string, V1VolumeMount>();
  const mounts = indexMounts(container);
  for (const file of checks.flatMap((check) => check.files)) {
    // A path with `..` may lead anywhere.
    const [mount] = file.split('/').includes('..') ? [] : mountsAbove(file, mounts);
    if (!mount || mount.subPathExpr !== undefined) {
      return {
        received: `the check reads ${file}, which is on no volume that a sidecar could share with container "${container.name}"`,
        expected: 'a file on one of its volume mounts, or pattern cli',
      };
    }
    const { name, mountPath, subPath } = mount;
    borrowed.set(mountPath, { name, mountPath, readOnly: true, ...(subPath === undefined ? {} : { subPath }) });
  }
  return [...borrowed.values()];
}

type MountIndex = { readonly byPath: ReadonlyMap<string, V1VolumeMount>; readonly lengths: ReadonlySet<number> };

/** The mounts of a container by their paths; of two at one path the first counts. */
export function indexMounts({ volumeMounts }: V1Container): MountIndex {
  const byPath = new Map<string, V1VolumeMount>();
  for (const mount of volumeMounts ?? []) if (!byPath.has(mount.mountPath)) byPath.set(mount.mountPath, mount);
  return { byPath, lengths: new Set(Array.from(byPath.keys(), (path) => path.length)) };
}

/**
 * The mounts that a file is under, the longest path first, looked up by each folder of the file that is as long as some
 * path: there may be 50,000 mounts and 1,000 folders.
 */
export function* mountsAbove(file: string, { byPath, lengths }: MountIndex): Generator<V1VolumeMount> {
  const at = (length: number): V1VolumeMount[] => {
    const mount = lengths.has(length) ? byPath.get(file.slice(0, length)) : undefined;
    return mount ? [mount] : [];
  };
  yield* at(file.length);
  for (let slash = file.lastIndexOf('/'); slash >= 0; slash = slash > 0 ? file.lastIndexOf('/', slash - 1) : -1) {
    if (slash + 1 < file.length) yield* at(slash + 1);
    yield* at(slash);
  }
}
