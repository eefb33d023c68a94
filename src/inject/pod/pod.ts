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

/** True where the Pod runs to completion: its containers are not restarted after an exit 0. */
export const runsToCompletion = (pod: Pod): boolean =>
  pod.spec.restartPolicy === 'Never' ||
  pod.spec.restartPolicy === 'OnFailure' ||
  (pod.metadata?.ownerReferences ?? []).some((owner) => owner.kind === 'Job');

/** The first of `wanted`, `wanted-2`, ... that no container or volume of the user's has. */
export const freeName = (pod: Pod, wanted: string, previouslyAdded: ReadonlySet<string>): string =>
  createNaming(pod, previouslyAdded)(wanted);

/** The same for several names: the names of the Pod, of which there may be 50,000, are gathered once. */
export function createNaming(pod: Pod, previouslyAdded: ReadonlySet<string>): (wanted: string) => string {
  const taken = new Set([
    ...pod.spec.containers.map(({ name }) => `containers/${name}`),
    ...(pod.spec.initContainers ?? []).map(({ name }) => `initContainers/${name}`),
    ...(pod.spec.volumes ?? []).map(({ name }) => `volumes/${name}`),
  ]);
  const isFree = (name: string): boolean =>
    !taken.has(`containers/${name}`) &&
    [`initContainers/${name}`, `volumes/${name}`].every((entry) => !taken.has(entry) || previouslyAdded.has(entry));
  return (wanted) => {
    let name = wanted;
    for (let count = 2; !isFree(name); count++) name = `${wanted}-${count}`;
    return name;
  };
}

/** The first port from `wanted` on that no container declares; a container that we added may keep it. */
export function freePort(pod: Pod, wanted: number, previouslyAdded: ReadonlySet<string>): number {
  const taken = new Set<number>();
  for (const { name, ports } of allContainers(pod)) {
    if (previouslyAdded.has(`initContainers/${name}`)) continue;
    for (const { containerPort } of ports ?? []) taken.add(containerPort);
  }
  let port = wanted;
  while (taken.has(port)) port++;
  return port;
}

/** The name of the user's container that declares this port, if there is one. */
export const ownerOfPort = (pod: Pod, port: number, previouslyAdded: ReadonlySet<string>): string | undefined =>
  allContainers(pod).find(
    ({ name, ports }) =>
      !previouslyAdded.has(`initContainers/${name}`) && ports?.some(({ containerPort }) => containerPort === port),
  )?.name;

/** True for the path itself and all that is below it. */
export const isWithin = (child: string, parent: string): boolean =>
  child === parent || child.startsWith(parent.endsWith('/') ? parent : `${parent}/`);
