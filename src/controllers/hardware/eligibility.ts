import type { V1Pod } from '@kubernetes/client-node';
import { controllerOf } from '../../kube/owners.ts';
import { ownerKeyOf } from '../../quarantine/quarantine.ts';
import type { IneligibleReason } from './reasons.ts';

/**
 * Why a Pod is never moved, as far as the Pod itself tells; undefined where it may be. The volumes of its claims say the
 * rest, and are looked up only for a Pod that is about to be moved.
 */
export function ineligibleReasonOf({ metadata, spec }: V1Pod, prefix: string): IneligibleReason | undefined {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  if (owner?.kind === 'Node' || metadata?.annotations?.['kubernetes.io/config.mirror']) return 'static-pod';
  // An owner that could not exist makes nothing anew.
  if (!controllerOf(metadata) || !ownerKeyOf(metadata?.namespace ?? '', metadata)) return 'bare';
  if (owner?.kind === 'DaemonSet') return 'daemon-set';
  if (!moves.has(metadata?.labels?.[`${prefix}hardware`])) return 'report';
  if (isPinned(spec) && !isPlacedByKueue(metadata)) return 'pinned';
  return writesToHost(spec) ? 'local-data' : undefined;
}

const isPinned = (spec: V1Pod['spec']): boolean => spec?.nodeSelector?.['kubernetes.io/hostname'] !== undefined;

/** What asks Kueue for a place, which it writes into the node selector while a gate keeps the Pod from the scheduler. */
const topologies = ['required', 'preferred', 'unconstrained'].map((each) => `kueue.x-k8s.io/podset-${each}-topology`);

const isPlacedByKueue = (metadata: V1Pod['metadata']): boolean =>
  topologies.some((key) => metadata?.annotations?.[key] !== undefined);

/**
 * Whether Kueue has given a Pod its node by name. It gives the next Pod the same one, and another only where the node is
 * not ready or has a taint: a node affinity against that node would leave the Pod without any.
 * https://github.com/kubernetes-sigs/kueue/tree/v0.17.0/keps/2724-topology-aware-scheduling#tainted-nodes-treatment
 */
export const isPinnedByKueue = ({ metadata, spec }: V1Pod): boolean => isPinned(spec) && isPlacedByKueue(metadata);

/** What `on-failure` says of a Pod that may be moved. */
const moves: ReadonlySet<string | undefined> = new Set(['move', 'move-alone']);

/** Whether a container may write to a folder or file of the node. Devices, sockets and read-only mounts hold no data of the Pod. */
function writesToHost(spec: V1Pod['spec']): boolean {
  const paths = (spec?.volumes ?? []).filter(
    ({ hostPath }) => hostPath && !['CharDevice', 'BlockDevice', 'Socket'].includes(hostPath.type ?? ''),
  );
  if (paths.length === 0) return false;
  const mounts = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(
    ({ volumeMounts = [] }) => volumeMounts,
  );
  const written = new Set(mounts.filter(({ readOnly }) => readOnly !== true).map(({ name }) => name));
  return paths.some(({ name }) => written.has(name));
}
