import type { Pod } from './pod.ts';

/**
 * How much of one object the webhook looks at. The author of a Pod is a stranger: the apiserver sends a Pod of 3 MiB
 * with 16,000 containers to the webhook before it validates it, also for a dry run. Most steps of injection walk the
 * items once for each container, so these two bounds bound their product. A larger Pod is admitted unchanged.
 */
export const podLimits = {
  /** A node runs 110 Pods by default, and no real Pod has more than some twenty containers. */
  containers: 128,
  /** Ports, variables, mounts, arguments, volumes and terms of the node affinity, all containers together: etcd has room for some 30,000. */
  items: 50_000,
  /** Each container's policy is looked for by each label. */
  labels: 1_000,
  /** Fields of a Pod, its metadata, its spec or a container: each addition copies them, and Kubernetes knows some forty of a spec. */
  fields: 500,
  /** Each policy is held against each port. */
  ports: 10_000,
  /** What the apiserver allows for all annotations of an object (`TotalAnnotationSizeLimitB`), here in characters. */
  annotationCharacters: 262_144,
  /** The annotations are copied several times, and 90,000 with keys of three letters fit into their characters. */
  annotations: 10_000,
  /** Each term of the node affinity that is required gets each node that the Pod is kept off. */
  terms: 500,
  /** No object has a longer name. That of a container is written some ten times: into arguments, probes and the status. */
  nameCharacters: 253,
} as const;

/** What is read of the command, arguments and environment of one container. Linux allows 128 KiB for one argument or variable. */
export const commandCharacters = 65_536;

/** Longer than any image reference: a name has 255 characters, a tag 128, a digest of SHA-512 135. */
export const imageCharacters = 1_024;

/** An earlier call added containers, mounts and a status: such a Pod may be larger, so that a second call reads it too. */
const growth = 2;

/** A clause that says which limit a Pod exceeds, with both numbers; undefined where it exceeds none. */
export function exceededLimit(pod: Pod, prefix: string): string | undefined {
  const { metadata, spec } = pod;
  const annotations = metadata?.annotations ?? {};
  const factor = Object.hasOwn(annotations, `${prefix}status`) ? growth : 1;
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  if (containers.length > podLimits.containers * factor) {
    return `it has ${containers.length} containers, and at most ${podLimits.containers} are looked at`;
  }
  const mostFields = [pod, metadata, spec, ...containers].reduce((most, object) => Math.max(most, sizeOf(object)), 0);
  if (mostFields > podLimits.fields) {
    return `one of its objects has ${mostFields} fields, and at most ${podLimits.fields} are looked at`;
  }
  const longestName = containers.reduce((longest, { name }) => Math.max(longest, lengthOf(name)), 0);
  if (longestName > podLimits.nameCharacters) {
    return `the name of a container has ${longestName} characters, and at most ${podLimits.nameCharacters} are looked at`;
  }
  const { affinity, resourceClaims, volumes } = spec;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const terms = [...itemsOf(required), ...itemsOf(preferred).map((each) => each?.preference)];
  if (terms.length > podLimits.terms * factor) {
    return `its node affinity has ${terms.length} terms, and at most ${podLimits.terms} are looked at`;
  }
  const portCount = containers.reduce((sum, { ports }) => sum + sizeOf(ports), 0);
  if (portCount > podLimits.ports * factor) {
    return `it has ${portCount} ports, and at most ${podLimits.ports} are looked at`;
  }
  let items = sizeOf(volumes) + sizeOf(resourceClaims) + sizeOf(metadata?.ownerReferences);
  for (const term of terms) {
    items += 1 + sizeOf(term?.matchExpressions) + sizeOf(term?.matchFields);
  }
  for (const { args, command, env, envFrom, ports, resources, volumeMounts } of containers) {
    items += sizeOf(args) + sizeOf(command) + sizeOf(env) + sizeOf(envFrom) + sizeOf(ports) + sizeOf(volumeMounts);
    items += sizeOf(resources?.claims) + sizeOf(resources?.limits) + sizeOf(resources?.requests);
  }
  if (items > podLimits.items * factor) {
    return `it has ${items} ports, variables, mounts, arguments and volumes, and at most ${podLimits.items} are looked at`;
  }
  const labels = sizeOf(metadata?.labels);
  if (labels > podLimits.labels) return `it has ${labels} labels, and at most ${podLimits.labels} are looked at`;
  return exceededAnnotationLimit(annotations, factor);
}

/** The same for the annotations of any object. The apiserver refuses more characters, but only after admission. */
export function exceededAnnotationLimit(annotations: Readonly<Record<string, string>>, factor = 1): string | undefined {
  const entries = Object.entries(annotations);
  if (entries.length > podLimits.annotations * factor) {
    return `it has ${entries.length} annotations, and at most ${podLimits.annotations} are looked at`;
  }
  const characters = entries.reduce((sum, [key, value]) => sum + key.length + lengthOf(value), 0);
  return characters > podLimits.annotationCharacters * factor
    ? `its annotations have ${characters} characters, and at most ${podLimits.annotationCharacters} are looked at`
    : undefined;
}

/** Whether the apiserver takes these annotations: it counts the bytes of all keys and values. */
export function areAnnotationsTaken(annotations: Readonly<Record<string, string>> = {}): boolean {
  const texts = Object.entries(annotations).flat();
  const characters = texts.reduce((sum, text) => sum + lengthOf(text), 0);
  // Most Pods have so few that it does not matter how many bytes a character has.
  if (characters * 3 <= podLimits.annotationCharacters) return true;
  if (characters > podLimits.annotationCharacters) return false;
  const encoder = new TextEncoder();
  const bytes = texts.reduce((sum, text) => sum + (typeof text === 'string' ? encoder.encode(text).length : 0), 0);
  return bytes <= podLimits.annotationCharacters;
}

/** The items of what should be a list. */
export const itemsOf = <T>(value: readonly T[] | null | undefined): readonly T[] => (Array.isArray(value) ? value : []);

/** The annotations of a template are looked at before it is known that all of them are texts. */
const lengthOf = (value: unknown): number => (typeof value === 'string' ? value.length : 0);

const sizeOf = (value: unknown): number =>
  Array.isArray(value) ? value.length : typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
