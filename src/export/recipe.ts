import { isDeepStrictEqual } from 'node:util';
import { type Addition, annotate, apply, probeField, probeNames } from '../inject/pod/additions.ts';
import type { Pod } from '../inject/pod/pod.ts';

/** The lists of a Pod in which a container that is checked may stand. */
export const containerLists = ['containers', 'initContainers'] as const;

export type ContainerList = (typeof containerLists)[number];

/** An annotation that is written, and what stood there. */
type AnnotationChange = { readonly key: string; readonly value: string; readonly before: string | undefined };

type AdditionOf<K extends Addition['kind']> = Extract<Addition, { readonly kind: K }>;

/** What turns one Pod into another, as far as it only adds: what goes into containers, into the lists of the Pod, and annotations. */
export type Recipe = {
  readonly probes: readonly AdditionOf<'probe'>[];
  readonly mounts: readonly AdditionOf<'volumeMount'>[];
  readonly volumes: readonly AdditionOf<'volume'>[];
  readonly initContainers: readonly AdditionOf<'initContainer'>[];
  readonly annotations: readonly AnnotationChange[];
};

/** The recipe that makes the second Pod of the first; undefined where the second is more than the first and additions. */
export function recipeOf(pod: Pod, injected: Pod): Recipe | undefined {
  const additions = [...additionsToContainers(pod, injected), ...additionsToLists(pod, injected)];
  const before = pod.metadata?.annotations ?? {};
  const annotations = Object.entries(injected.metadata?.annotations ?? {})
    .filter(([key, value]) => before[key] !== value)
    .map(([key, value]) => ({ key, value, before: Object.hasOwn(before, key) ? before[key] : undefined }));
  const values = Object.fromEntries(annotations.map(({ key, value }) => [key, value]));
  if (!isDeepStrictEqual(annotate(additions.reduce(apply, pod), values), annotate(injected, {}))) return undefined;
  return {
    probes: additions.filter((addition) => addition.kind === 'probe'),
    mounts: additions.filter((addition) => addition.kind === 'volumeMount'),
    volumes: additions.filter((addition) => addition.kind === 'volume'),
    initContainers: additions.filter((addition) => addition.kind === 'initContainer'),
    annotations,
  };
}

function additionsToContainers(pod: Pod, injected: Pod): Addition[] {
  const additions: Addition[] = [];
  for (const list of containerLists) {
    for (const container of pod.spec[list] ?? []) {
      const { name } = container;
      const changed = injected.spec[list]?.find((each) => each.name === name) ?? container;
      for (const probe of probeNames) {
        const value = changed[probeField(probe)];
        if (value && !container[probeField(probe)]) additions.push({ kind: 'probe', container: name, probe, value });
      }
      for (const item of newItems(container.volumeMounts, changed.volumeMounts, pathIn)) {
        additions.push({ kind: 'volumeMount', container: name, ...item });
      }
    }
  }
  return additions;
}

function additionsToLists({ spec }: Pod, { spec: injected }: Pod): Addition[] {
  const additions: Addition[] = [];
  for (const item of newItems(spec.volumes, injected.volumes, nameIn)) additions.push({ kind: 'volume', ...item });
  for (const item of newItems(spec.initContainers, injected.initContainers, nameIn)) {
    additions.push({ kind: 'initContainer', ...item });
  }
  return additions;
}

const nameIn = ({ name }: { readonly name: string }): string => name;
const pathIn = ({ mountPath }: { readonly mountPath: string }): string => mountPath;

/** The items that a list has and had not, each before the next one that it had. */
function newItems<T>(before: readonly T[] = [], after: readonly T[] = [], keyOf: (item: T) => string) {
  const had = new Set(before.map(keyOf));
  return after.flatMap((value, index) => {
    if (had.has(keyOf(value))) return [];
    const next = after.slice(index).find((item) => had.has(keyOf(item)));
    return [next === undefined ? { value } : { value, before: keyOf(next) }];
  });
}
