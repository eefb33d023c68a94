import type { V1Container, V1PodSpec, V1Probe, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import type { Pod } from './pod.ts';

/** The kubelet's three probes, in the order in which a sentence lists them. */
export const probeNames = ['liveness', 'readiness', 'startup'] as const;

export type ProbeName = (typeof probeNames)[number];

/** Where an item goes in its list: before the one of this name (a mount: of this path), or to the end. */
type Place = { readonly before?: string };

/** One thing to add to a Pod; patterns only ever make these, so nothing of the user's can be replaced. */
export type Addition =
  | ({ readonly kind: 'initContainer'; readonly value: V1Container } & Place)
  | ({ readonly kind: 'volume'; readonly value: V1Volume } & Place)
  | { readonly kind: 'label'; readonly key: string; readonly value: string }
  | ({ readonly kind: 'volumeMount'; readonly container: string; readonly value: V1VolumeMount } & Place)
  | { readonly kind: 'probe'; readonly container: string; readonly probe: ProbeName; readonly value: V1Probe };

/** The field of a container that holds a probe. */
export const probeField = (probe: ProbeName): 'livenessProbe' | 'readinessProbe' | 'startupProbe' => `${probe}Probe`;

/** Names an addition as the `status` annotation does, for example `redis/livenessProbe`. */
export function nameOf(addition: Addition): string {
  switch (addition.kind) {
    case 'initContainer':
      return `initContainers/${addition.value.name}`;
    case 'volume':
      return `volumes/${addition.value.name}`;
    case 'label':
      return `labels/${addition.key}`;
    case 'volumeMount':
      return `${addition.container}/volumeMounts/${addition.value.mountPath}`;
    case 'probe':
      return `${addition.container}/${probeField(addition.probe)}`;
    default:
      return addition satisfies never;
  }
}

/** Adds one thing to a Pod and returns the new Pod; what has the same name already stays as it is, and then the Pod is the same. */
export function apply(pod: Pod, addition: Addition): Pod {
  if (addition.kind === 'label') {
    const { labels } = pod.metadata ?? {};
    if (labels && Object.hasOwn(labels, addition.key)) return pod;
    return { ...pod, metadata: { ...pod.metadata, labels: { ...labels, [addition.key]: addition.value } } };
  }
  const spec = applyToSpec(pod.spec, addition);
  return spec === pod.spec ? pod : { ...pod, spec };
}

function applyToSpec(spec: V1PodSpec, addition: Exclude<Addition, { kind: 'label' }>): V1PodSpec {
  switch (addition.kind) {
    case 'initContainer': {
      const list = spec.initContainers ?? [];
      const initContainers = inserted(list, addition, ({ name }) => name);
      return initContainers === list ? spec : { ...spec, initContainers };
    }
    case 'volume': {
      const list = spec.volumes ?? [];
      const volumes = inserted(list, addition, ({ name }) => name);
      return volumes === list ? spec : { ...spec, volumes };
    }
    case 'volumeMount':
      return inContainer(spec, addition.container, (container) => {
        const list = container.volumeMounts ?? [];
        const volumeMounts = inserted(list, addition, ({ mountPath }) => mountPath);
        return volumeMounts === list ? container : { ...container, volumeMounts };
      });
    case 'probe': {
      const field = probeField(addition.probe);
      return inContainer(spec, addition.container, (container) =>
        container[field] ? container : { ...container, [field]: addition.value },
      );
    }
    default:
      return addition satisfies never;
  }
}

/** The list with the value at its place; the same list where it has one of that name. */
function inserted<T>(list: T[], { value, before }: Place & { readonly value: T }, nameIn: (item: T) => string): T[] {
  if (list.some((item) => nameIn(item) === nameIn(value))) return list;
  const found = before === undefined ? -1 : list.findIndex((item) => nameIn(item) === before);
  return found < 0 ? [...list, value] : list.toSpliced(found, 0, value);
}

function inContainer(spec: V1PodSpec, name: string, change: (container: V1Container) => V1Container): V1PodSpec {
  for (const list of ['containers', 'initContainers'] as const) {
    const containers = spec[list] ?? [];
    const at = containers.findIndex((container) => container.name === name);
    const container = containers[at];
    if (!container) continue;
    const changed = change(container);
    return changed === container ? spec : { ...spec, [list]: containers.with(at, changed) };
  }
  return spec;
}

/** Sets annotations, and removes those whose value is undefined; the Pod that came in is not changed. */
export function annotate(pod: Pod, values: Readonly<Record<string, string | undefined>>): Pod {
  const annotations = { ...pod.metadata?.annotations };
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) delete annotations[key];
    else annotations[key] = value;
  }
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

/** The annotation that `keepEvictable` writes. */
export const safeToEvict = 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes';

/**
 * Tells the cluster autoscaler that these volumes hold nothing worth keeping a node for; what the user listed stays.
 * https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
 */
export function keepEvictable(pod: Pod, volumes: readonly string[]): Pod {
  const written = pod.metadata?.annotations?.[safeToEvict] ?? '';
  const listed = written.split(',');
  const missing = volumes.filter((name) => !listed.includes(name));
  const value = [...(written === '' ? [] : [written]), ...missing].join(',');
  return missing.length === 0 ? pod : annotate(pod, { [safeToEvict]: value });
}

const timings = ['periodSeconds', 'timeoutSeconds', 'failureThreshold'] as const;
const otherTimings = ['initialDelaySeconds', 'successThreshold', 'terminationGracePeriodSeconds'];
const handlers = ['httpGet', 'tcpSocket', 'grpc', 'exec'] as const;

/** True for a probe in the form in which probes are added: one handler without a host, and a whole timing. */
export function isAddedProbe(probe: V1Probe): boolean {
  const fields: readonly string[] = [...handlers, ...timings, ...otherTimings];
  return (
    Object.keys(probe).every((key) => fields.includes(key)) &&
    timings.every((key) => typeof probe[key] === 'number') &&
    handlers.filter((key) => probe[key]).length === 1 &&
    probe.httpGet?.host === undefined &&
    probe.tcpSocket?.host === undefined
  );
}
