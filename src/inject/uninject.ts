import { isDeepStrictEqual } from 'node:util';
import type {
  V1Container,
  V1PodSpec,
  V1PodTemplateSpec,
  V1Probe,
  V1Volume,
  V1VolumeMount,
} from '@kubernetes/client-node';
import { keptOffLabel, letBack } from '../quarantine/node-exclusion.ts';
import { probeNames } from './intent/types.ts';
import { mountPath, statePath } from './patterns/cli/index.ts';
import { probeField, safeToEvict } from './pod/additions.ts';
import { agentContainer } from './pod/agent-container.ts';
import { type Sources, readStatus } from './status.ts';

/** A Pod or Pod template without what was added, and one sentence for each thing that was named but left. */
export type Uninjected<T> = { readonly template: T; readonly left: readonly string[] };

type Removal = {
  /** True for what the status names and what has the form of it; what has only the name is noted as left. */
  readonly takes: (name: string, hasForm: boolean) => boolean;
  /** The places that were written as empty before they were filled. */
  readonly sources: Sources;
};

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
  const label = `${prefix}hardware`;
  if (Object.hasOwn(labels, label) && removal.takes(`labels/${label}`, isHardwareLabel(labels[label]))) {
    delete labels[label];
  }
  const named = {
    ...metadata,
    annotations: orEmpty(annotations, 'metadata.annotations', removal),
    ...(metadata?.labels ? { labels: orEmpty(labels, 'metadata.labels', removal) } : {}),
  };
  const nodes = [...added].flatMap((name) => /^nodeAffinity\/(.+)$/.exec(name)?.[1] ?? []);
  const without = {
    metadata: orEmpty(named, 'metadata', removal),
    spec: spec && letBack(withoutAdded(spec, volumes, removal), nodes),
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
  const mounts = containers.flatMap(({ name, volumeMounts }) =>
    listOf(volumeMounts).map((mount) => ({ volume: mount.name, hasForm: isAgentMount(mount, name) })),
  );
  const isOurs = (name: string): boolean => mounts.every(({ volume, hasForm }) => volume !== name || hasForm);
  const taken = listOf(spec.volumes).filter((volume) =>
    takes(`volumes/${volume.name}`, isAgentVolume(volume) && isOurs(volume.name)),
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
  const fields = probeNames.map(probeField).filter((field) => {
    const probe = container[field];
    return probe && removal.takes(`${name}/${field}`, isObject(probe) && isAddedProbe(probe));
  });
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

/** True for a container in the form in which agents are added; image and resources may be anything. */
export function isAgent({ name, args, command, securityContext }: V1Container): boolean {
  const { securityContext: expected } = agentContainer(name, { image: '', cpu: '', memory: '' });
  const runs = Array.isArray(args) && (args[0] === 'serve' || (args[0] === 'install' && args[1] === mountPath));
  return runs && command === undefined && isDeepStrictEqual(securityContext, expected);
}

const hostTypes: readonly unknown[] = ['Directory', 'CharDevice', 'BlockDevice'];

/** True for a volume in the form in which agents are shipped or shown the node: an emptyDir with a limit, an image, or what must exist there. */
export const isAgentVolume = ({ emptyDir, image, hostPath }: V1Volume): boolean =>
  typeof emptyDir?.sizeLimit === 'string' || typeof image?.reference === 'string' || hostTypes.includes(hostPath?.type);

/** True for a mount in the form in which a container gets at its agent, and at its own folder of what agents keep. */
export const isAgentMount = (mount: V1VolumeMount, container: string): boolean =>
  mount.mountPath === mountPath
    ? mount.readOnly === true && mount.subPath === undefined
    : mount.mountPath === statePath && mount.subPath === container;

/** True for the value of the label by which the controller finds a Pod. */
export const isHardwareLabel = (value: unknown): boolean =>
  value === 'move' || value === 'report' || value === keptOffLabel;

const timings = ['periodSeconds', 'timeoutSeconds', 'failureThreshold'] as const;
const otherTimings = ['initialDelaySeconds', 'successThreshold', 'terminationGracePeriodSeconds'];
const handlers = ['httpGet', 'tcpSocket', 'grpc', 'exec'] as const;

/** True for a probe in the form in which probes are added: one handler without a host, and a whole timing. */
export function isAddedProbe(probe: V1Probe): boolean {
  const known: readonly string[] = [...handlers, ...timings, ...otherTimings];
  return (
    Object.keys(probe).every((key) => known.includes(key)) &&
    timings.every((key) => typeof probe[key] === 'number') &&
    handlers.filter((key) => probe[key]).length === 1 &&
    probe.httpGet?.host === undefined &&
    probe.tcpSocket?.host === undefined
  );
}
