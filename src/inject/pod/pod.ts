import type { V1Container, V1Pod, V1PodSpec } from '@kubernetes/client-node';

/** A Pod that has a spec, as every admission request carries one; never changed in place. */
export type Pod = Readonly<V1Pod> & { readonly spec: Readonly<V1PodSpec> };

/** The containers that may carry probes: the main ones, and native sidecars (init containers that restart always). */
export function probedContainers(pod: Pod): readonly V1Container[] {
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  return [...pod.spec.containers, ...sidecars];
}

/** Every container of the Pod, init containers first. */
export const allContainers = (pod: Pod): readonly V1Container[] => [
  ...(pod.spec.initContainers ?? []),
  ...pod.spec.containers,
];

/** The name of the first of these containers that is an init container: what serves them has to start before it. */
export const firstInitContainer = (pod: Pod, names: readonly string[]): string | undefined =>
  pod.spec.initContainers?.find(({ name }) => names.includes(name))?.name;

/**
 * The first container that came with the Pod. What admission adds belongs to no field manager, so a container that another
 * webhook has put in front is told from it.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function firstContainer({ metadata, spec }: Pod): string | undefined {
  const entries = (metadata?.managedFields ?? []).flatMap(({ fieldsV1 }) => {
    const fields = fieldsV1 as { readonly 'f:spec'?: { readonly 'f:containers'?: unknown } } | undefined;
    const containers = fields?.['f:spec']?.['f:containers'];
    return typeof containers === 'object' && containers !== null ? Object.keys(containers) : [];
  });
  const written = new Set(entries);
  const isWritten = (name: string): boolean => written.has(`k:{"name":${JSON.stringify(name)}}`);
  return (spec.containers.find(({ name }) => isWritten(name)) ?? spec.containers[0])?.name;
}

/** True where the Pod runs to completion: its containers are not restarted after an exit 0. */
export const runsToCompletion = (pod: Pod): boolean =>
  pod.spec.restartPolicy === 'Never' ||
  pod.spec.restartPolicy === 'OnFailure' ||
  (pod.metadata?.ownerReferences ?? []).some((owner) => owner.kind === 'Job');

/** The first of `wanted`, `wanted-2`, ... that no container or volume has. */
export const freeName = (pod: Pod, wanted: string): string => createNaming(pod)(wanted);

/** The same for several names: the names of the Pod, of which there may be 50,000, are gathered once. */
export function createNaming(pod: Pod): (wanted: string) => string {
  const taken = new Set([...allContainers(pod), ...(pod.spec.volumes ?? [])].map(({ name }) => name));
  return (wanted) => {
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}-${count}`;
    return name;
  };
}

/** The first port from `wanted` on that no container declares. */
export function freePort(pod: Pod, wanted: number): number {
  const taken = new Set(allContainers(pod).flatMap(({ ports }) => (ports ?? []).map((port) => port.containerPort)));
  let port = wanted;
  while (taken.has(port)) port++;
  return port;
}

/** The name of the container that declares this port, if there is one. */
export const ownerOfPort = (pod: Pod, port: number): string | undefined =>
  allContainers(pod).find(({ ports }) => ports?.some(({ containerPort }) => containerPort === port))?.name;

/** True for the path itself and all that is below it. */
export const isWithin = (child: string, parent: string): boolean =>
  child === parent || child.startsWith(parent.endsWith('/') ? parent : `${parent}/`);
