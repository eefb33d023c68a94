import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { NodeQuarantine } from '../../quarantine/quarantine.ts';
import { type NodeRecord, nodeRecordOf } from './node-record.ts';
import { type HardwarePod, recordOf } from './record.ts';

/** What following keeps: all that is known of hardware Pods, nodes and quarantines. */
export type Known = ReturnType<typeof createKnown>;

const oneListMs = 60_000;

/**
 * Keeps what is known, and tells a deletion of ours from that of a person; `changed` is called where something may have
 * to be decided, and `released` where a person has released a node.
 */
export function createKnown(prefix: string, changed: () => void, released: (node: string) => void) {
  const pods = new Map<string, HardwarePod>();
  const nodes = new Map<string, NodeRecord>();
  const quarantines = new Map<string, NodeQuarantine>();
  /** When those were written that we wrote, by uid. */
  const writtenMs = new Map<string, number>();
  /** The uids of those that we delete. */
  const ours = new Set<string>();

  const heed = (pod: HardwarePod, before: HardwarePod | undefined): void => {
    if (pod.failing?.sinceMs !== before?.failing?.sinceMs || pod.unschedulableSinceMs !== before?.unschedulableSinceMs)
      changed();
  };
  const drop = ({ metadata: { uid = '' }, spec: { nodeName } }: NodeQuarantine, isFromPerson = true): void => {
    if (quarantines.get(nodeName)?.metadata.uid !== uid) return;
    quarantines.delete(nodeName);
    writtenMs.delete(uid);
    if (!ours.delete(uid) && isFromPerson) released(nodeName);
    changed();
  };
  const keep = (quarantine: NodeQuarantine): void => {
    const { metadata, spec } = quarantine;
    // With a finalizer of somebody's it is still there, and yet deleted.
    if (metadata.deletionTimestamp !== undefined) return drop(quarantine);
    const before = quarantines.get(spec.nodeName)?.metadata;
    // What was just written comes again, and what was there before it may come after it.
    const isOld = before?.uid === metadata.uid && (before?.generation ?? 0) > (metadata.generation ?? 0);
    if (!isOld) quarantines.set(spec.nodeName, quarantine);
  };

  return {
    pods,
    nodes,
    quarantines,
    /** Keeps what was just written, before it comes back by the watch. */
    keepWritten(quarantine: NodeQuarantine): void {
      const { uid = '', generation = 0 } = quarantine.metadata;
      writtenMs.set(uid, Date.now());
      // The watch may have been faster, and has the webhook's acknowledgement already.
      const before = quarantines.get(quarantine.spec.nodeName)?.metadata;
      if (before?.uid !== uid || (before.generation ?? 0) < generation) keep(quarantine);
    },
    /** Forgets one that turned out to be deleted. */
    drop,
    /** Says that this one is deleted by us, or, where that failed, that it is not. */
    expectDeletion(uid: string, isExpected: boolean): void {
      if (isExpected) ours.add(uid);
      else ours.delete(uid);
    },
    /** Marks a Pod whose eviction was accepted. */
    leaves(uid: string): void {
      const pod = pods.get(uid);
      if (pod) pods.set(uid, { ...pod, isDeleting: true });
    },
    readPod(object: unknown): HardwarePod {
      const pod = object as V1Pod;
      return recordOf(pod, prefix, pods.get(pod.metadata?.uid ?? ''), Date.now());
    },
    readNode: (object: unknown): NodeRecord => nodeRecordOf(object as V1Node, prefix),
    ofPods: {
      reset(all: readonly HardwarePod[]): void {
        pods.clear();
        for (const pod of all) pods.set(pod.uid, pod);
        changed();
      },
      upsert(pod: HardwarePod): void {
        const before = pods.get(pod.uid);
        pods.set(pod.uid, pod);
        heed(pod, before);
      },
      remove: ({ uid }: HardwarePod): void => void pods.delete(uid),
    },
    ofNodes: {
      reset(all: readonly NodeRecord[]): void {
        nodes.clear();
        for (const node of all) nodes.set(node.name, node);
      },
      upsert: (node: NodeRecord): void => void nodes.set(node.name, node),
      remove: ({ name }: NodeRecord): void => void nodes.delete(name),
    },
    ofQuarantines: {
      reset(all: readonly NodeQuarantine[]): void {
        const uids = new Set(all.map(({ metadata }) => metadata.uid));
        for (const held of quarantines.values()) {
          // A list may be older than what was written while its pages came; the watch then has that once more.
          const isFromPerson = Date.now() - (writtenMs.get(held.metadata.uid ?? '') ?? 0) > oneListMs;
          if (!uids.has(held.metadata.uid)) drop(held, isFromPerson);
        }
        for (const each of all) keep(each);
      },
      upsert: keep,
      remove: (quarantine: NodeQuarantine): void => drop(quarantine),
    },
  };
}
