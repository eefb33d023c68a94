import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import { type Addition, probeField } from './addition.ts';
import type { Pod } from './pod.ts';

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
      if (list.some((container) => container.name === addition.value.name)) return spec;
      const found = list.findIndex((container) => container.name === addition.before);
      const at = found < 0 ? list.length : found;
      return { ...spec, initContainers: [...list.slice(0, at), addition.value, ...list.slice(at)] };
    }
    case 'volume': {
      const list = spec.volumes ?? [];
      if (list.some((volume) => volume.name === addition.value.name)) return spec;
      return { ...spec, volumes: [...list, addition.value] };
    }
    case 'volumeMount':
      return inContainer(spec, addition.container, (container) => {
        const list = container.volumeMounts ?? [];
        if (list.some((mount) => mount.mountPath === addition.value.mountPath)) return container;
        return { ...container, volumeMounts: [...list, addition.value] };
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
