import { isDeepStrictEqual } from 'node:util';
import type { CheckParser } from '../check/parse.ts';
import type { Given } from './fit/given.ts';
import { isEqualProbe, mergeContainer } from './merge-container.ts';
import { type Addition, annotate, apply, nameOf, probeField, safeToEvict } from './pod/additions.ts';
import { type Pod, allContainers } from './pod/pod.ts';

/** What an earlier call has left in the Pod that came in. */
export type Standing = {
  /** The Pod as it came in. */
  readonly pod: Pod;
  /** The names of what was taken out of it. */
  readonly taken: ReadonlySet<string>;
  /** The annotations, the image and the version are those of the earlier call. */
  readonly isSameWish: boolean;
  /** So is what the Pod and its namespace leave for our containers. */
  readonly isSameFit: boolean;
  /** What the earlier call gave them. */
  readonly given: Given;
  readonly parseCheck: CheckParser;
};

/**
 * Adds what is wanted to a Pod from which an earlier call's additions were taken out. What stood there comes back with what
 * others have done to it. With another wish it comes as in a first call; with the same one it also comes to its old place, and
 * as others have changed it.
 */
export function putBack(pod: Pod, additions: readonly Addition[], standing: Standing): Pod {
  const { taken } = standing;
  if (taken.size === 0) return additions.reduce(apply, pod);
  const isStill = standing.isSameWish && additions.every((addition) => isAtItsPort(addition, standing));
  // Of a volume of ours only the wanted mounts stay: another plan may give its name to something else.
  const volumes = new Set((pod.spec.volumes ?? []).map(({ name }) => name));
  const isSameFit = isStill && standing.isSameFit;
  const merging = { ...standing, isSameWish: isStill, isSameFit, hasVolume: (name: string) => volumes.has(name) };
  return additions.reduce(
    (changed, addition) => apply(changed, taken.has(nameOf(addition)) ? renewed(addition, pod, merging) : addition),
    pod,
  );
}

/** False for a sidecar that moves to another port, since whatever asks it has to follow. */
function isAtItsPort(addition: Addition, { pod, taken }: Standing): boolean {
  if (addition.kind !== 'initContainer' || !taken.has(nameOf(addition))) return true;
  const there = pod.spec.initContainers?.find(({ name }) => name === addition.value.name);
  return there?.ports?.[0]?.containerPort === addition.value.ports?.[0]?.containerPort;
}

/** An addition with what others have done to it. `clean` is the Pod without anything of ours. */
function renewed(
  addition: Addition,
  clean: Pod,
  standing: Standing & { readonly hasVolume: (name: string) => boolean },
): Addition {
  const { pod, isSameWish } = standing;
  switch (addition.kind) {
    case 'initContainer': {
      const list = pod.spec.initContainers ?? [];
      const there = list.find(({ name }) => name === addition.value.name);
      if (!there) return addition;
      const merged = { ...addition, value: mergeContainer(there, addition.value, standing) };
      if (!isSameWish) return merged;
      const kept = clean.spec.initContainers ?? [];
      const names = kept.map(({ name }) => name);
      const places = [addition.before, successor(list, there, kept, ({ name }) => name)];
      // It has to start before what it checks, wherever another webhook has put that.
      const [before] = places
        .filter((name) => name !== undefined)
        .toSorted((one, other) => names.indexOf(one) - names.indexOf(other));
      return { ...merged, ...(before === undefined ? {} : { before }) };
    }
    case 'volume': {
      const list = pod.spec.volumes ?? [];
      const there = list.find(({ name }) => name === addition.value.name);
      if (!there || !isSameWish) return addition;
      return {
        ...addition,
        value: there,
        ...placeOf(successor(list, there, clean.spec.volumes ?? [], ({ name }) => name)),
      };
    }
    case 'volumeMount': {
      const list = containerIn(pod, addition.container)?.volumeMounts ?? [];
      const there = list.find(({ mountPath }) => mountPath === addition.value.mountPath);
      if (!there || !isSameWish || there.name !== addition.value.name) return addition;
      const kept = containerIn(clean, addition.container)?.volumeMounts ?? [];
      return { ...addition, value: there, ...placeOf(successor(list, there, kept, ({ mountPath }) => mountPath)) };
    }
    case 'probe': {
      const there = containerIn(pod, addition.container)?.[probeField(addition.probe)];
      return there && (isSameWish || isEqualProbe(there, addition.value)) ? { ...addition, value: there } : addition;
    }
    case 'label':
      return addition;
    default:
      return addition satisfies never;
  }
}

const containerIn = (pod: Pod, wanted: string) => allContainers(pod).find(({ name }) => name === wanted);

const placeOf = (before: string | undefined): { readonly before?: string } => (before === undefined ? {} : { before });

/** The name of the first item behind `item` in its old list that is still in the new one. */
function successor<T>(
  list: readonly T[],
  item: T,
  kept: readonly T[],
  nameIn: (item: T) => string,
): string | undefined {
  const names = new Set(kept.map(nameIn));
  const next = list.slice(list.indexOf(item) + 1).find((other) => names.has(nameIn(other)));
  return next && nameIn(next);
}

/** The Pod with the node affinity and the list for the autoscaler of the one before where only their order has changed. */
export function inOldOrder(pod: Pod, before: Pod): Pod {
  const { affinity } = before.spec;
  const isSameAffinity =
    affinity !== pod.spec.affinity && isDeepStrictEqual(sorted(affinity), sorted(pod.spec.affinity));
  const ordered = isSameAffinity && affinity ? { ...pod, spec: { ...pod.spec, affinity } } : pod;
  const [old, now] = [before, pod].map(({ metadata }) => metadata?.annotations?.[safeToEvict]);
  if (old === now || typeof old !== 'string' || typeof now !== 'string') return ordered;
  const isSameList = isDeepStrictEqual(old.split(',').toSorted(), now.split(',').toSorted());
  return isSameList ? annotate(ordered, { [safeToEvict]: old }) : ordered;
}

/** The value with each of its lists in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(sorted(item))).toSorted();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
