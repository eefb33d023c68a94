import { isDeepStrictEqual } from 'node:util';
import type { V1Container, V1Probe } from '@kubernetes/client-node';
import { isRefusal } from '../check/check.ts';
import type { CheckParser } from '../check/parse.ts';
import type { Given } from './fit/given.ts';
import { indexMounts, mountsAbove } from './patterns/borrow.ts';
import { agentContainer, podAddressesVariable, referencesIn } from './pod/agent-container.ts';
import { probeField, probeNames } from './pod/additions.ts';
import { commandCharacters } from './pod/limits.ts';

/** What merging goes by. */
export type MergeContext = {
  readonly parseCheck: CheckParser;
  /** The annotations, the image and the version are those of the earlier call: what differs, another webhook has changed. */
  readonly isSameWish: boolean;
  /** So is what the Pod and its namespace leave for it. */
  readonly isSameFit: boolean;
  /** What of its resources the earlier call gave it. */
  readonly given: Given;
  /** Whether the Pod has a volume of this name that is not ours. */
  readonly hasVolume: (name: string) => boolean;
};

/** What the apiserver writes into each probe that does not say otherwise. */
const probeDefaults = { initialDelaySeconds: 0, successThreshold: 1 };

/** True for two probes that the apiserver makes the same of. */
export const isEqualProbe = (one: V1Probe | undefined, other: V1Probe | undefined): boolean =>
  one !== undefined && isDeepStrictEqual({ ...probeDefaults, ...one }, { ...probeDefaults, ...other });

/** Fields of which an earlier call wrote all that is in them. */
const ownFields = [
  'args',
  'image',
  'livenessProbe',
  'ports',
  'readinessProbe',
  'restartPolicy',
  'startupProbe',
] as const;

/** The fields that stay ours whatever another webhook has made of them: without them the Pod is refused, or the agent is deaf. */
const keptFields = ['args', 'ports', 'restartPolicy'] as const;

/**
 * The injected container that is wanted, with what others have done to the one that stands there: the variables, mounts and
 * defaults that they added, and where the wish is the same also what they changed.
 */
export function mergeContainer(standing: V1Container, wanted: V1Container, context: MergeContext): V1Container {
  const { isSameWish } = context;
  const merged: Record<string, unknown> = { ...standing };
  if (isSameWish) {
    for (const key of keptFields) merged[key] = wanted[key];
    for (const [key, value] of Object.entries(wanted)) merged[key] ??= value;
  } else {
    for (const key of ownFields) merged[key] = wanted[key];
    for (const field of probeNames.map(probeField)) {
      if (isEqualProbe(standing[field], wanted[field])) merged[field] = standing[field];
    }
  }
  const isBorrowed = borrowedBy(standing, context.parseCheck);
  merged['resources'] = resourcesOf(standing, wanted, context);
  merged['securityContext'] = securityContextOf(standing, wanted, context.isSameFit);
  merged['env'] = mergeLists(
    standing.env,
    wanted.env,
    ({ name }) => name,
    ({ name }) => name === podAddressesVariable || isBorrowed.env(name),
  );
  merged['volumeMounts'] = mergeLists(
    standing.volumeMounts,
    wanted.volumeMounts,
    ({ mountPath }) => mountPath,
    ({ mountPath, name }) => isBorrowed.mount(mountPath) || !context.hasVolume(name),
  );
  return Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== undefined),
  ) as unknown as V1Container;
}

/** LimitRanger gives a container a default of each resource for which it has none. */
function resourcesOf(
  standing: V1Container,
  wanted: V1Container,
  { isSameFit, given }: MergeContext,
): V1Container['resources'] {
  const [there, ours] = [standing.resources ?? {}, wanted.resources ?? {}];
  const both = (key: 'limits' | 'requests'): Record<string, string> | undefined => {
    if (isSameFit) return there[key] && ours[key] ? { ...ours[key], ...there[key] } : (there[key] ?? ours[key]);
    const others = Object.entries(there[key] ?? {}).filter(([name]) => !Object.hasOwn(given[key] ?? {}, name));
    const all = { ...Object.fromEntries(others), ...ours[key] };
    return Object.keys(all).length > 0 ? all : undefined;
  };
  const fields = { ...there, requests: both('requests'), limits: both('limits'), claims: ours.claims };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A policy engine or OpenShift adds fields that are not ours, such as SELinux options and, where we name none, a user. */
function securityContextOf(standing: V1Container, wanted: V1Container, isSameFit: boolean) {
  const { securityContext: there = {} } = standing;
  if (isSameFit) return { ...wanted.securityContext, ...there };
  const { securityContext } = agentContainer('', { image: '' });
  const ours = new Map<string, unknown>(Object.entries(securityContext ?? {}));
  const others = Object.entries(there).filter(([key, value]) => !isDeepStrictEqual(value, ours.get(key)));
  return { ...Object.fromEntries(others), ...wanted.securityContext };
}

/** What is wanted beside what others have added; the order stays where it is no other than ours. */
function mergeLists<T>(
  standing: readonly T[] | undefined,
  wanted: readonly T[] = [],
  nameIn: (item: T) => string,
  isOurs: (item: T) => boolean,
): readonly T[] | undefined {
  if (!Array.isArray(standing)) return wanted.length > 0 ? wanted : undefined;
  const names = wanted.map(nameIn);
  const isWanted = new Set(names);
  const kept = standing.filter((item) => isWanted.has(nameIn(item)) || !isOurs(item));
  const others = kept.filter((item) => !isWanted.has(nameIn(item)));
  const present = kept.map(nameIn).filter((name) => isWanted.has(name));
  if (!isDeepStrictEqual(present, names)) return [...wanted, ...others];
  const inTurn = wanted.values();
  const merged = kept.map((item) => (isWanted.has(nameIn(item)) ? (inTurn.next().value as T) : item));
  return merged.length > 0 || standing.length === 0 ? merged : undefined;
}

/** Tells the variables and mounts that a sidecar borrowed for the checks in its arguments from those that others added. */
function borrowedBy(container: V1Container, parseCheck: CheckParser) {
  const { args, env } = container;
  const checks = checksIn(args, parseCheck);
  const index = indexMounts(container);
  const files = checks.flatMap((check) => check.files);
  const mounts = new Set(files.flatMap((file) => Array.from(mountsAbove(file, index), ({ mountPath }) => mountPath)));
  const values = new Map((env ?? []).map(({ name, value }) => [name, `${value ?? ''}`]));
  const names = new Set<string>();
  const queue = checks.flatMap((check) => check.env);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (names.has(name)) continue;
    names.add(name);
    for (const reference of referencesIn(values.get(name) ?? '')) queue.push(reference);
  }
  return { env: (name: string) => names.has(name), mount: (mountPath: string) => mounts.has(mountPath) };
}

/** The checks of a sidecar. Arguments that no call of ours has written may be longer than is looked at: then there are none. */
function checksIn(args: unknown, parseCheck: CheckParser) {
  const written: readonly unknown[] = Array.isArray(args) ? args : [];
  const texts = written.map(String);
  if (texts.reduce((sum, text) => sum + text.length, 0) > commandCharacters) return [];
  return texts
    .filter((_, index) => ['--liveness', '--readiness', '--startup'].includes(texts[index - 1] ?? ''))
    .map((text) => parseCheck(text.replaceAll('$$', '$')))
    .flatMap((check) => (isRefusal(check) ? [] : check));
}
