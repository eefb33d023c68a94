// https://etcd.io/docs/v3.6/dev-guide/limit/
import type { NodeQuarantine, QuarantinedOwner } from '../../quarantine/quarantine.ts';
import { mostDeviceNameBytes } from './devices.ts';
import { cutToJsonBytes, jsonBytes } from './json-bytes.ts';
import type { HardwarePod } from './pod.ts';
import { lastingRoom, shareRefusal } from '../shares.ts';

/** What the schema of the CRD allows of each in one quarantine. */
export const mostOwners = 512;
export const mostMoves = 256;

/**
 * What the owners of one quarantine may take of its JSON. An apiserver writes at most 1.5 MiB to etcd; beside the owners
 * are only fields of ours. Each replica of the webhook holds all quarantines.
 */
export const mostOwnerBytes = 384 * 1_024;

const ownerRoom = lastingRoom(mostOwners);
const byteRoom = lastingRoom(mostOwnerBytes);

/** Texts of an entry, in JSON. */
const maxCheckBytes = 256;
const maxMessageBytes = 720;

/** The message of an entry, so short that this much more has room behind it. */
export const cutMessage = (message: string, spareBytes = 0): string =>
  cutToJsonBytes(message, maxMessageBytes - spareBytes);

/** The entry with its texts cut, which a version before this one has let grow longer; the same entry where they fit. */
export function cutEntry(entry: QuarantinedOwner): QuarantinedOwner {
  const check = cutToJsonBytes(entry.check, maxCheckBytes);
  const message = cutMessage(entry.message);
  return check === entry.check && message === entry.message ? entry : { ...entry, check, message };
}

const bytesByEntry = new WeakMap<QuarantinedOwner, number>();

/** Computed once for each version of an entry. */
function bytesOfEntry(entry: QuarantinedOwner): number {
  const bytes = bytesByEntry.get(entry) ?? jsonBytes(cutEntry(entry));
  bytesByEntry.set(entry, bytes);
  return bytes;
}

/** No time is longer. */
const time = '2030-01-01T12:00:00.000Z';

const emptyMoveBytes = jsonBytes({ podUid: '', podName: '', at: time }) + 1;
const noOwner = { namespace: '', kind: '', name: '' };
const emptyEntry = {
  owner: noOwner,
  check: '',
  message: '',
  device: { reportedBy: 'Kubelet', resource: '', id: '' },
  since: time,
  until: time,
  affinity: 'Preferred',
  moves: [],
};
/** With an ellipsis behind each text that is cut. */
const emptyEntryBytes = jsonBytes(emptyEntry) + 1 + maxCheckBytes + maxMessageBytes + 2 * mostDeviceNameBytes + 4 * 3;

const bytesOfMove = ({ uid, name }: HardwarePod): number => emptyMoveBytes + uid.length + name.length;

/** The most that a new entry for the owner of a Pod can take, whatever its sensor will say. No name holds what JSON escapes. */
const bytesOfNewEntry = ({ ownerKey: { namespace, kind, name } = noOwner }: HardwarePod): number =>
  emptyEntryBytes + namespace.length + kind.length + name.length;

/** No name of a driver is longer than 63, and none of a pool or a device than 253. */
const taintedBytes = jsonBytes({ tainted: { driver: '', pool: '', device: '' } }) + 63 + 2 * 253;

const costOf = (pod: HardwarePod, isNewOwner: boolean): number =>
  bytesOfMove(pod) +
  (isNewOwner ? bytesOfNewEntry(pod) : 0) +
  (pod.failing?.device?.claim === undefined ? 0 : taintedBytes);

type Taken = { owners: number; bytes: number };

/** The room of one quarantine, as it is taken: by whom, and what a pass takes of it before it is written. */
export type Room = {
  readonly takeFor: (pod: HardwarePod, isNewOwner: boolean) => void;
  readonly refusalFor: (pod: HardwarePod, isNewOwner: boolean) => 'full' | 'share' | undefined;
};

export function createRoom(owners: NodeQuarantine['spec']['owners']): Room {
  const all: Taken = { owners: 0, bytes: 0 };
  const byNamespace = new Map<string, Taken>();
  const ofNamespace = (namespace: string): Taken => byNamespace.get(namespace) ?? { owners: 0, bytes: 0 };
  const take = (namespace: string, ownerCount: number, bytes: number): void => {
    const own = ofNamespace(namespace);
    byNamespace.set(namespace, own);
    for (const taken of [all, own]) {
      taken.owners += ownerCount;
      taken.bytes += bytes;
    }
  };
  for (const entry of owners) take(entry.owner.namespace, 1, bytesOfEntry(entry));

  return {
    takeFor: (pod, isNewOwner) => take(pod.namespace, isNewOwner ? 1 : 0, costOf(pod, isNewOwner)),
    refusalFor(pod, isNewOwner) {
      const own = ofNamespace(pod.namespace);
      const ofOwners = isNewOwner && shareRefusal(ownerRoom, { taken: all.owners, own: own.owners, cost: 1 });
      const bytes = { taken: all.bytes, own: own.bytes, cost: costOf(pod, isNewOwner) };
      return ofOwners || shareRefusal(byteRoom, bytes);
    },
  };
}
