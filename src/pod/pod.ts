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
