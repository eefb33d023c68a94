import type { V1Container, V1PodSpec, V1PodTemplateSpec, V1Probe, V1VolumeMount } from '@kubernetes/client-node';
import { hasExclusionLabel, nodesNamedIn, removeNodeExclusions } from '../quarantine/node-exclusion.ts';
import { keysOfController } from './model/move-window.ts';
import type { RecordedStatus } from './model/status.ts';
import { patternNames, patternOf } from './patterns/index.ts';
import { type Addition, probeField, probeNames, safeToEvict } from './pod/additions.ts';

/** A Pod or Pod template without what an earlier call added. */
export type TakenOut<T> = {
  readonly template: T;
  /** The names of what was taken out and stood under the name that `status` has for it. */
  readonly taken: ReadonlySet<string>;
  /** The names in `status` of what does not have the form of what is added. */
  readonly left: readonly string[];
};

type Removal = {
  readonly added: ReadonlySet<string>;
  readonly sources: RecordedStatus['source'];
  readonly taken: Set<string>;
  readonly left: Set<string>;
  /** Notes what becomes of an item: `isOurs` where the status does not name it, but it serves nothing but what is taken. */
  readonly takes: (name: string, hasForm: boolean, isOurs?: boolean) => boolean;
};

/** True for what has the form in which some pattern adds it. */
const isAdded = (addition: Addition): boolean => patternNames.some((name) => patternOf(name).isAddedForm(addition));

const isAgent = (value: V1Container): boolean => isAdded({ kind: 'initContainer', value });

/**
 * Takes out of a Pod or Pod template what its `status` names as added, and the annotations that were written on it.
 * Anyone may have written that status, so an item is taken out only where it has the form of what is added.
 */
export function takeOut<T extends V1PodTemplateSpec>(
  template: T,
  prefix: string,
  status: RecordedStatus | undefined,
): TakenOut<T> {
  const { metadata, spec } = template;
  const removal = removalOf(status);
  const agents = new Set(
    listOf(spec?.initContainers).filter((agent) => removal.takes(`initContainers/${agent.name}`, isAgent(agent))),
  );
  const volumes = spec ? volumesOf(spec, removal) : new Set<string>();
  const without = spec && specWithout(spec, agents, volumes, removal);

  const annotations = { ...metadata?.annotations };
  if (status) for (const key of ['status', ...keysOfController]) delete annotations[`${prefix}${key}`];
  delete annotations[`${prefix}problems`];
  dropEvictable(annotations, volumes, removal);
  const labels = { ...metadata?.labels };
  for (const [key, value] of Object.entries(labels)) {
    const hasForm = hasExclusionLabel({ labels: { [key]: value } }, prefix) || isAdded({ kind: 'label', key, value });
    if (key.startsWith(prefix) && removal.takes(`labels/${key}`, hasForm)) delete labels[key];
  }
  const named = withFields(metadata ?? {}, {
    annotations: emptied(metadata?.annotations, annotations, 'metadata.annotations', removal),
    labels: emptied(metadata?.labels, labels, 'metadata.labels', removal),
  });
  const fields = {
    metadata: emptied(metadata, named, 'metadata', removal),
    spec: without && removeNodeExclusions(without, nodesNamedIn(removal.added)),
  };
  return { template: withFields(template, fields), taken: removal.taken, left: [...removal.left] };
}

function removalOf(status: RecordedStatus | undefined): Removal {
  const added = new Set(status?.added);
  const taken = new Set<string>();
  const left = new Set<string>();
  return {
    added,
    sources: status?.source ?? {},
    taken,
    left,
    takes(name, hasForm, isOurs = false) {
      const isTaken = isOurs || (added.has(name) && hasForm);
      if (added.has(name)) (isTaken ? taken : left).add(name);
      return isTaken;
    },
  };
}

/** The volumes to take out; one that serves a container of the user's in another way stays. */
function volumesOf(spec: V1PodSpec, removal: Removal): Set<string> {
  const containers = [
    ...listOf(spec.containers),
    ...listOf(spec.initContainers).filter((container) => !isAgent(container)),
  ];
  const others = new Set(
    containers.flatMap(({ name, volumeMounts }) =>
      listOf(volumeMounts).flatMap((mount) => (isAgentMount(mount, name, removal) ? [] : [mount.name])),
    ),
  );
  const taken = listOf(spec.volumes).filter((volume) =>
    removal.takes(`volumes/${volume.name}`, isAdded({ kind: 'volume', value: volume }) && !others.has(volume.name)),
  );
  return new Set(taken.map(({ name }) => name));
}

/** A container that was renamed or copied since still looks into the folder of the name that the status knows. */
function isAgentMount(value: V1VolumeMount, container: string, { added }: Removal): boolean {
  const { subPath, mountPath } = value;
  if (isAdded({ kind: 'volumeMount', container, value })) return true;
  const isNamed = subPath !== undefined && added.has(`${subPath}/volumeMounts/${mountPath}`);
  return isNamed && isAdded({ kind: 'volumeMount', container: subPath, value });
}

function specWithout(
  spec: V1PodSpec,
  agents: ReadonlySet<V1Container>,
  volumes: ReadonlySet<string>,
  removal: Removal,
): V1PodSpec {
  const remaining = [...listOf(spec.containers), ...listOf(spec.initContainers).filter((each) => !agents.has(each))];
  const ports = new Set(portsOf([...agents]));
  for (const port of ports.size > 0 ? portsOf(remaining) : []) ports.delete(port);
  const inEach = <L extends V1Container[] | undefined>(list: L, place: string): L => {
    if (!Array.isArray(list)) return list;
    const cleaned = list.map((each) => containerWithout(each, `${place}.${each?.name}`, { volumes, ports, removal }));
    return (cleaned.every((each, index) => each === list[index]) ? list : cleaned) as L;
  };
  const isKept = (container: V1Container): boolean => !agents.has(container);
  return withFields(spec, {
    containers: inEach(spec.containers, 'spec.containers'),
    initContainers: inEach(
      filtered(spec.initContainers, isKept, 'spec.initContainers', removal),
      'spec.initContainers',
    ),
    volumes: filtered(spec.volumes, ({ name }) => !volumes.has(name), 'spec.volumes', removal),
  });
}

const portsOf = (containers: readonly V1Container[]): number[] =>
  containers.flatMap(({ ports }) => listOf(ports).map(({ containerPort }) => containerPort));

/** What is taken out of the Pod, and the ports on which nothing answers then. */
type Gone = {
  readonly volumes: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
  readonly removal: Removal;
};

function containerWithout(container: V1Container, place: string, { volumes, ports, removal }: Gone): V1Container {
  if (!isObject(container)) return container;
  const { name } = container;
  const folders: string[] = [];
  const isKept = (mount: V1VolumeMount): boolean => {
    const isOurs = volumes.has(mount.name) && isAgentMount(mount, name, removal);
    if (isOurs) folders.push(`${mount.mountPath}/`);
    return !removal.takes(`${name}/volumeMounts/${mount.mountPath}`, isOurs, isOurs);
  };
  const volumeMounts = filtered(container.volumeMounts, isKept, `${place}.volumeMounts`, removal);
  const fields: Record<string, unknown> = volumeMounts === container.volumeMounts ? {} : { volumeMounts };
  for (const probe of probeNames) {
    const field = probeField(probe);
    const value = container[field];
    if (!value) continue;
    const hasForm = isObject(value) && isAdded({ kind: 'probe', container: name, probe, value });
    // Left alone, the probe of a container that was renamed would fail for ever.
    const isOurs = isObject(value) && asksAgent(value, ports, folders);
    if (removal.takes(`${name}/${field}`, hasForm, isOurs)) {
      fields[field] = emptied(value, {}, `${place}.${field}`, removal);
    }
  }
  return withFields(container, fields);
}

/** True for a probe that nothing answers once the agents and their folders are gone. */
function asksAgent({ httpGet, exec }: V1Probe, ports: ReadonlySet<number>, folders: readonly string[]): boolean {
  if (httpGet && httpGet.host === undefined && ports.has(httpGet.port as number)) return true;
  const program: unknown = Array.isArray(exec?.command) ? exec.command[0] : undefined;
  return typeof program === 'string' && folders.some((folder) => program.startsWith(folder));
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

/** The items of a list that stay; where none does, what the list was before. */
function filtered<T>(list: T[] | undefined, isKept: (item: T) => boolean, place: string, removal: Removal) {
  if (!Array.isArray(list)) return list;
  const kept = list.filter((item) => !isObject(item) || isKept(item));
  return kept.length === list.length ? list : emptied(list, kept, place, removal);
}

/** What is left of a value; where that is nothing, what was written before it was filled: nothing at all unless noted. */
function emptied<T extends object>(before: T | undefined, after: T, place: string, { sources }: Removal) {
  if (!isObject(before) || Object.keys(before).length === 0) return before;
  if (Object.keys(after).length > 0) return after;
  const source = sources[place];
  if (source === undefined) return undefined;
  return source.endsWith('}') || source.endsWith(']') ? after : (null as unknown as T);
}

/** The object with other fields, without those that are undefined; the same object where that is none. */
function withFields<T extends object>(object: T, fields: { readonly [key in keyof T]?: unknown }): T {
  const before = object as Readonly<Record<string, unknown>>;
  const changes = Object.entries(fields).filter(([key, value]) => before[key] !== value);
  if (changes.length === 0) return object;
  const after: Record<string, unknown> = { ...before };
  for (const [key, value] of changes) {
    if (value === undefined) delete after[key];
    else after[key] = value;
  }
  return after as T;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The items of what should be a list of objects. */
const listOf = <T>(list: T[] | null | undefined): T[] => (Array.isArray(list) ? (list.filter(isObject) as T[]) : []);
