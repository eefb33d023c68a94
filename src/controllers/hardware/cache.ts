// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
import { isDeepStrictEqual } from 'node:util';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { Client } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { type ListWatch, type ResourceEventHandler, startReflector } from '../../kube/reflector.ts';
import { type NodeQuarantine, quarantinesPath } from '../../quarantine/quarantine.ts';
import { failingCondition } from './node-conditions.ts';
import { trackDisruption } from './disruptions.ts';
import { type HardwareNode, type ObservedNode, toHardwareNode } from './nodes.ts';
import { type HardwarePod, type ObservedPod, toObservedPod, trackPod } from './pod.ts';

/** The hardware Pods, the nodes and the quarantines of the cluster. Only the functions here change what it holds. */
export type HardwareCache = {
  /** By uid. */
  readonly pods: ReadonlyMap<string, HardwarePod>;
  /** By name. */
  readonly nodes: ReadonlyMap<string, HardwareNode>;
  /** By the name of the node. */
  readonly quarantines: ReadonlyMap<string, NodeQuarantine>;
  /** When a person last deleted the quarantine of a node, by its name. */
  readonly manualReleases: ReadonlyMap<string, number>;
  /** Takes in the manual releases that an earlier leader recorded. */
  readonly recallManualReleases: (releases: ReadonlyMap<string, number>) => void;
  /** Stores the answer to a write before the watch delivers it. */
  readonly storeWritten: (quarantine: NodeQuarantine) => void;
  /** Removes a quarantine that turned out to be deleted. */
  readonly drop: (quarantine: NodeQuarantine) => void;
  /** Says that the controller deletes the quarantine of this uid, or, where the apiserver refused that, that it does not. */
  readonly expectDeletion: (uid: string, isDeletion: boolean) => void;
  /** Removes what a list lacked a minute ago, and the watch has not delivered since. */
  readonly settle: () => void;
  /** Marks a Pod whose eviction was accepted. */
  readonly markEvicted: (uid: string) => void;
  /** Notes until when the application of a Pod was told that it may stay, before the watch delivers it. */
  readonly markAnnounced: (uid: string, moveUntilMs: number | undefined) => void;
  readonly podHandler: ResourceEventHandler<ObservedPod>;
  readonly nodeHandler: ResourceEventHandler<ObservedNode>;
  readonly quarantineHandler: ResourceEventHandler<NodeQuarantine>;
};

export type HardwareCacheOptions = {
  /** Called where something may have to be decided. */
  readonly onChange: () => void;
  /** Called where a person has deleted the quarantine of a node. */
  readonly onManualRelease: (node: string) => void;
  readonly clock?: Clock;
};

/** A list may be older than a write that landed while its pages came; the watch delivers the write after it. */
const maxListMs = 60_000;

/** Whether this quarantine is the one of its node still. A person who deletes it releases the node. */
export const isStanding = (
  { quarantines }: Pick<HardwareCache, 'quarantines'>,
  node: string,
  uid: string | undefined,
): boolean => uid !== undefined && quarantines.get(node)?.metadata.uid === uid;

/** An empty cache. A quarantine that goes away was deleted by a person, unless the controller deleted it. */
export function createHardwareCache({
  onChange,
  onManualRelease,
  clock = systemClock,
}: HardwareCacheOptions): HardwareCache {
  const pods = new Map<string, HardwarePod>();
  const nodes = new Map<string, HardwareNode>();
  const quarantines = new Map<string, NodeQuarantine>();
  const manualReleases = new Map<string, number>();
  /** What the controller did to quarantines, by uid: when it wrote one last, and whether it deletes it. */
  const ownWrites = new Map<string, { readonly atMs: number; readonly isDeletion: boolean }>();
  /** When quarantines went away, by uid: the answer to a write may come after the watch has reported the deletion. */
  const goneMs = new Map<string, number>();
  /** Until when quarantines may stand that a list lacked, by uid: it may have begun before they were written. */
  const unlistedUntilMs = new Map<string, number>();
  const nowMs = (): number => clock.date().getTime();

  const remove = ({ metadata: { uid = '' }, spec: { nodeName } }: NodeQuarantine): void => {
    if (quarantines.get(nodeName)?.metadata.uid !== uid) return;
    quarantines.delete(nodeName);
    const isOwn = ownWrites.get(uid)?.isDeletion ?? false;
    ownWrites.delete(uid);
    unlistedUntilMs.delete(uid);
    for (const [gone, atMs] of goneMs) if (nowMs() - atMs > maxListMs) goneMs.delete(gone);
    goneMs.set(uid, nowMs());
    if (!isOwn) {
      manualReleases.set(nodeName, nowMs());
      onManualRelease(nodeName);
    }
    onChange();
  };
  const store = (quarantine: NodeQuarantine): void => {
    const { metadata, spec } = quarantine;
    // With a finalizer it is still there, and yet deleted.
    if (metadata.deletionTimestamp !== undefined) return remove(quarantine);
    // The watch may still deliver what was there before the deletion.
    if (metadata.uid !== undefined && goneMs.has(metadata.uid)) return;
    unlistedUntilMs.delete(metadata.uid ?? '');
    const before = quarantines.get(spec.nodeName)?.metadata;
    // The watch also delivers what was there before the controller's own write.
    const isOld = before?.uid === metadata.uid && (before?.generation ?? 0) > (metadata.generation ?? 0);
    if (!isOld) quarantines.set(spec.nodeName, quarantine);
  };

  /** The Pod with what the conditions of its node say of it, where its own status says that nothing fails. */
  const withNode = (pod: HardwarePod): HardwarePod => {
    if (pod.conditions.length === 0 || !pod.isChecked) return pod;
    const own = pod.failing?.input === 'condition' ? undefined : pod.failing;
    return { ...pod, failing: own ?? failingCondition(pod, nodes.get(pod.node)?.conditions) };
  };
  const trackNode = ({ disruptionSign, ...node }: ObservedNode): HardwareNode => {
    const before = nodes.get(node.name)?.disruption;
    return { ...node, disruption: trackDisruption(disruptionSign, before, nowMs()) };
  };
  /** Looks anew at the Pods on one node, or on all. */
  const takeInConditions = (node?: string): void => {
    let hasChanged = false;
    for (const pod of pods.values()) {
      if (pod.conditions.length === 0 || (node !== undefined && pod.node !== node)) continue;
      const next = withNode(pod);
      hasChanged ||= next.failing?.sinceMs !== pod.failing?.sinceMs;
      pods.set(pod.uid, next);
    }
    if (hasChanged) onChange();
  };

  return {
    pods,
    nodes,
    quarantines,
    manualReleases,
    recallManualReleases(releases) {
      for (const [node, atMs] of releases) manualReleases.set(node, atMs);
    },
    storeWritten(quarantine) {
      const { uid = '', generation = 0 } = quarantine.metadata;
      if (goneMs.has(uid)) return;
      ownWrites.set(uid, { atMs: nowMs(), isDeletion: false });
      // The watch may have been faster, and has what the webhook observed already.
      const before = quarantines.get(quarantine.spec.nodeName)?.metadata;
      if (before?.uid !== uid || (before.generation ?? 0) < generation) store(quarantine);
    },
    drop: (quarantine) => remove(quarantine),
    expectDeletion(uid, isDeletion) {
      ownWrites.set(uid, { atMs: ownWrites.get(uid)?.atMs ?? 0, isDeletion });
    },
    settle() {
      for (const cached of quarantines.values())
        if ((unlistedUntilMs.get(cached.metadata.uid ?? '') ?? Infinity) < nowMs()) remove(cached);
    },
    markEvicted(uid) {
      const pod = pods.get(uid);
      if (pod) pods.set(uid, { ...pod, isDeleting: true });
    },
    markAnnounced(uid, moveUntilMs) {
      const pod = pods.get(uid);
      if (pod) pods.set(uid, { ...pod, moveUntilMs });
    },
    podHandler: {
      onReplace(all) {
        const tracked = all.map((pod) => withNode(trackPod(pod, pods.get(pod.uid), nowMs())));
        pods.clear();
        for (const pod of tracked) pods.set(pod.uid, pod);
        onChange();
      },
      onUpsert(observed) {
        const before = pods.get(observed.uid);
        const pod = withNode(trackPod(observed, before, nowMs()));
        pods.set(pod.uid, pod);
        const hasBegun = pod.failing?.sinceMs !== before?.failing?.sinceMs;
        if (hasBegun || pod.unschedulableSinceMs !== before?.unschedulableSinceMs) onChange();
      },
      onDelete: ({ uid }) => void pods.delete(uid),
    },
    nodeHandler: {
      onReplace(all) {
        const tracked = all.map(trackNode);
        nodes.clear();
        for (const node of tracked) nodes.set(node.name, node);
        takeInConditions();
      },
      onUpsert(node) {
        const before = nodes.get(node.name);
        nodes.set(node.name, trackNode(node));
        // A kubelet writes the same conditions again every few minutes.
        if (!isDeepStrictEqual(before?.conditions, node.conditions)) takeInConditions(node.name);
      },
      onDelete({ name }) {
        nodes.delete(name);
        takeInConditions(name);
      },
    },
    quarantineHandler: {
      onReplace(all) {
        const uids = new Set(all.map(({ metadata }) => metadata.uid));
        for (const cached of quarantines.values()) {
          const { uid = '' } = cached.metadata;
          if (uids.has(cached.metadata.uid)) continue;
          const untilMs = (ownWrites.get(uid)?.atMs ?? -Infinity) + maxListMs;
          if (untilMs < nowMs()) remove(cached);
          else unlistedUntilMs.set(uid, untilMs);
        }
        for (const each of all) store(each);
      },
      onUpsert: store,
      onDelete: (quarantine) => remove(quarantine),
    },
  };
}

export type HardwareInformers = {
  readonly client: Client;
  readonly prefix: string;
  readonly poolLabel: string;
  readonly cache: HardwareCache;
  readonly onError: (sentence: string) => void;
};

/** Keeps the cache equal to the cluster until `signal` is aborted. Resolves once all three collections were listed. */
export async function startHardwareInformers(
  { client, prefix, poolLabel, cache, onError }: HardwareInformers,
  signal: AbortSignal,
): Promise<void> {
  const start = <T>(
    collection: Omit<ListWatch, 'client'>,
    transform: (object: unknown) => T,
    handler: ResourceEventHandler<T>,
  ): Promise<void> => startReflector({ client, ...collection, transform }, { ...handler, onError }, signal);
  await Promise.all([
    start({ path: quarantinesPath }, (object) => object as NodeQuarantine, cache.quarantineHandler),
    start(
      { path: '/api/v1/nodes' },
      (object) => toHardwareNode(object as V1Node, prefix, poolLabel),
      cache.nodeHandler,
    ),
    start(
      { path: '/api/v1/pods', labelSelector: `${prefix}hardware` },
      (object) => toObservedPod(object as V1Pod, prefix),
      cache.podHandler,
    ),
  ]);
}
