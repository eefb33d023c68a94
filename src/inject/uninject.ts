import type { V1Container, V1PodSpec, V1PodTemplateSpec, V1VolumeMount } from '@kubernetes/client-node';
import { hasExclusionLabel, nodesNamedIn, removeNodeExclusions } from '../quarantine/node-exclusion.ts';
import { patternNames, patternOf } from './patterns/index.ts';
import { type Addition, probeField, probeNames, safeToEvict } from './pod/additions.ts';
import { type Sources, readStatus } from './model/status.ts';

/** A Pod or Pod template without what was added, and one sentence for each thing that was named but left. */
export type Uninjected<T> = { readonly template: T; readonly left: readonly string[] };

type Removal = {
  /** True for what the status names and what has the form of it; what has only the name is noted as left. */
  readonly takes: (name: string, hasForm: boolean) => boolean;
  /** The places that were written as empty before they were filled. */
  readonly sources: Sources;
};

/** True for what has the form in which some pattern adds it. */
const isAdded = (addition: Addition): boolean => patternNames.some((name) => patternOf(name).isAddedForm(addition));

const isAgent = (value: V1Container): boolean => isAdded({ kind: 'initContainer', value });

const isAgentMount = (value: V1VolumeMount, container: string): boolean =>
  isAdded({ kind: 'volumeMount', container, value });

/**
 * Takes out of a Pod or Pod template what its `status` annotation says was added, and the annotations that were
 * written on it; undefined where it has none. Anybody may have written that annotation, so what it names is taken
 * out only where it has the form of what is added.
 */
export function uninject<T extends V1PodTemplateSpec>(template: T, prefix: string): Uninjected<T> | undefined {
  const { metadata, spec } = template;
  const [statusKey, problemsKey] = [`${prefix}status`, `${prefix}problems`];
  const annotations = { ...metadata?.annotations };
  if (annotations[statusKey] === undefined && annotations[problemsKey] === undefined) return undefined;
  const status = readStatus(template, prefix);
  const left = annotations[statusKey] === undefined || status ? [] : [`${statusKey} cannot be read: it was left.`];
  const added = new Set(status?.added);
  const removal: Removal = {
    sources: status?.source ?? {},
    takes(name, hasForm) {
      if (!added.has(name)) return false;
      if (!hasForm) left.push(`${name} is named in ${statusKey}, but not what is added by that name: it was left.`);
      return hasForm;
    },
  };

  const volumes = spec ? volumesOf(spec, removal) : new Set<string>();
  if (status) delete annotations[statusKey];
  delete annotations[problemsKey];
  dropEvictable(annotations, volumes, removal);
  const labels = { ...metadata?.labels };
  for (const [key, value] of Object.entries(labels)) {
    const hasForm = hasExclusionLabel({ labels: { [key]: value } }, prefix) || isAdded({ kind: 'label', key, value });
    if (key.startsWith(prefix) && removal.takes(`labels/${key}`, hasForm)) delete labels[key];
  }
  const named = {
    ...metadata,
    annotations: orEmpty(annotations, 'metadata.annotations', removal),
    ...(metadata?.labels ? { labels: orEmpty(labels, 'metadata.labels', removal) } : {}),
  };
  const without = {
    metadata: orEmpty(named, 'metadata', removal),
    spec: spec && removeNodeExclusions(withoutAdded(spec, volumes, removal), nodesNamedIn(added)),
  };
  return { template: { ...template, ...without } as T, left };
}

/** Takes volumes out of the list for the autoscaler, in place. */
function dropEvictable(annotations: Record<string, unknown>, volumes: ReadonlySet<string>, { sources }: Removal): void {
  const written = annotations[safeToEvict];
  const listed = typeof written === 'string' ? written.split(',') : [];
  const kept = listed.filter((name) => !volumes.has(name));
  if (kept.length === listed.length) return;
  const source = sources[`metadata.annotations.${safeToEvict}`];
  if (kept.length > 0) annotations[safeToEvict] = kept.join(',');
  else if (source === undefined) delete annotations[safeToEvict];
  else annotations[safeToEvict] = /(:|~|null)\s*$/i.test(source) ? null : '';
}

/** The volumes to take out; one that serves a container of the user's in another way stays. */
function volumesOf(spec: V1PodSpec, { takes }: Removal): Set<string> {
  const containers = [
    ...listOf(spec.containers),
    ...listOf(spec.initContainers).filter((container) => !isAgent(container)),
  ];
  const others = new Set(
    containers.flatMap(({ name, volumeMounts }) =>
      listOf(volumeMounts).flatMap((mount) => (isAgentMount(mount, name) ? [] : [mount.name])),
    ),
  );
  const isOurs = (name: string): boolean => !others.has(name);
  const taken = listOf(spec.volumes).filter((volume) =>
    takes(`volumes/${volume.name}`, isAdded({ kind: 'volume', value: volume }) && isOurs(volume.name)),
  );
  return new Set(taken.map(({ name }) => name));
}

function withoutAdded(spec: V1PodSpec, volumes: ReadonlySet<string>, removal: Removal): V1PodSpec {
  const { takes } = removal;
  const { containers, initContainers } = spec;
  const agents = filtered(
    initContainers,
    (container) => !takes(`initContainers/${container.name}`, isAgent(container)),
    'spec.initContainers',
    removal,
  );
  const inEach = <T extends V1Container[] | undefined | null>(list: T, place: string): T =>
    (Array.isArray(list) ? list.map((container) => withoutProbes(container, volumes, place, removal)) : list) as T;
  return {
    ...spec,
    containers: inEach(containers, 'spec.containers'),
    initContainers: inEach(agents, 'spec.initContainers'),
    volumes: filtered(spec.volumes, ({ name }) => !volumes.has(name), 'spec.volumes', removal),
  } as V1PodSpec;
}

function withoutProbes(
  container: V1Container,
  volumes: ReadonlySet<string>,
  list: string,
  removal: Removal,
): V1Container {
  if (!isObject(container)) return container;
  const { name } = container;
  const place = `${list}.${name}`;
  const fields = probeNames
    .filter((probe) => {
      const value = container[probeField(probe)];
      const hasForm = isObject(value) && isAdded({ kind: 'probe', container: name, probe, value });
      return value && removal.takes(`${name}/${probeField(probe)}`, hasForm);
    })
    .map(probeField);
  const probes = fields.map((field) => [field, orEmpty({}, `${place}.${field}`, removal)]);
  const isKept = (mount: V1VolumeMount): boolean =>
    !removal.takes(`${name}/volumeMounts/${mount.mountPath}`, volumes.has(mount.name) && isAgentMount(mount, name));
  return {
    ...container,
    ...Object.fromEntries(probes),
    volumeMounts: filtered(container.volumeMounts, isKept, `${place}.volumeMounts`, removal),
  } as V1Container;
}

/** The items of a list that stay; where none does, what the list was before. */
function filtered<T>(list: T[] | undefined, isKept: (item: T) => boolean, place: string, removal: Removal) {
  if (!Array.isArray(list)) return list;
  const kept = list.filter((item) => !isObject(item) || isKept(item));
  if (kept.length === list.length) return list;
  return orEmpty(kept, place, removal);
}

/** The value, or where it holds nothing what was written before it was filled: nothing at all unless noted. */
function orEmpty<T extends object>(value: T, place: string, { sources }: Removal): T | null | undefined {
  if (Object.values(value).some((item) => item !== undefined)) return value;
  const source = sources[place];
  if (source === undefined) return undefined;
  return source.endsWith('}') || source.endsWith(']') ? value : null;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The items of what should be a list of objects. */
const listOf = <T>(list: T[] | null | undefined): T[] => (Array.isArray(list) ? (list.filter(isObject) as T[]) : []);
