// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
import { isDeepStrictEqual } from 'node:util';
import { ApiError, ignoreNotFound, isConflict, isNotFound } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import type { Semaphore } from '../../kube/flow-control.ts';
import { type NodeQuarantine, type QuarantinedOwner, ownerText, quarantinesPath } from '../../quarantine/quarantine.ts';
import { type HardwareCache, isStanding } from './cache.ts';
import type { HardwarePod } from './pod.ts';
import type { SensorReading } from './reading.ts';
import { cutEntry, cutMessage, mostMoves } from './room.ts';

type Spec = NodeQuarantine['spec'];

/** A Pod that is moved off its node, and why. */
export type PlannedMove = {
  readonly pod: HardwarePod;
  readonly reading: SensorReading;
  /** The sensor did not answer: the reading is the one that stands in the quarantine. */
  readonly isStale?: boolean;
};

/** A stranger's words end in a quotation mark, and so never like this. */
const readBefore = /, as read at \S+$/;

/** The reading that stands in an entry, which names its Pod, with the time of the last move. */
export function staleReading({ check, message, device, moves }: QuarantinedOwner): SensorReading {
  const last = moves.at(-1);
  const what = { check, ...(device && { device }) };
  if (!last || readBefore.test(message)) return { ...what, message };
  return { ...what, message: `${cutMessage(message, timeBytes)}, as read at ${last.at}` };
}

/** What is kept free in a message for the time of its reading. */
const timeBytes = 40;

/** The Pod comes first: whose words these are is to be seen also where a table is cut. */
const messageOf = ({ pod: { namespace, name }, reading }: PlannedMove): string =>
  `Pod ${namespace}/${name}: ${reading.message}`;

/** The part of a spec that a quarantine is created with. */
export type NewQuarantine = Pick<Spec, 'nodeName' | 'bootId' | 'scope'>;

/** How old the time of a move becomes before it is written anew: about the longest wait between two evictions of a Pod. */
const renewMs = 60_000;

/**
 * The spec with these moves in it, each once however often it is added. Resuming a move refreshes its time, to the minute:
 * a PodDisruptionBudget may delay the eviction for hours, and the owner's cap counts evictions, not decisions.
 */
export function withMoves(
  spec: Spec | undefined,
  created: NewQuarantine,
  moved: readonly PlannedMove[],
  { ttlMs, now }: { readonly ttlMs: number; readonly now: Date },
): Spec {
  let isChanged = false;
  const owners = new Map((spec?.owners ?? []).map((entry) => [ownerText(entry.owner), entry]));
  const until = new Date(now.getTime() + ttlMs).toISOString();
  for (const planned of moved) {
    const { pod, reading, isStale } = planned;
    const { ownerKey, ownerText: key, uid: podUid, name: podName } = pod;
    const before = owners.get(key);
    const index = before?.moves.findIndex((move) => move.podUid === podUid) ?? -1;
    const earlier = before?.moves[index];
    if (!ownerKey || (earlier && now.getTime() - Date.parse(earlier.at) < renewMs)) continue;
    const move = { podUid, podName, at: now.toISOString() };
    const moves = before?.moves ?? [];
    isChanged = true;
    if (before && earlier && isStale) {
      // It keeps its place: the last move of the entry is the one with whose time the reading was made.
      owners.set(key, cutEntry({ ...before, ...staleReading(before), until, moves: moves.with(index, move) }));
      continue;
    }
    const entry: QuarantinedOwner = {
      owner: ownerKey,
      check: reading.check,
      // What stood in the quarantine has the Pod in it.
      message: isStale ? reading.message : messageOf(planned),
      ...(reading.device && { device: reading.device }),
      since: before?.since ?? now.toISOString(),
      until,
      affinity: affinityOf(before, reading),
      moves: [...moves.filter((each) => each !== earlier), move].slice(-mostMoves),
    };
    owners.set(key, cutEntry(entry));
  }
  if (spec && !isChanged) return spec;
  // The hardware fails in this boot: the next boot ends the quarantine.
  const bootId = created.bootId || (spec?.bootId ?? '');
  return { ...(spec ?? created), bootId, owners: [...owners.values()].map(cutEntry) };
}

/** A device that is tainted keeps no Pod off its node; a node that failed once as a whole stays so. */
function affinityOf(before: QuarantinedOwner | undefined, { device }: SensorReading): QuarantinedOwner['affinity'] {
  if (before && before.affinity !== 'None') return before.affinity;
  return device?.tainted ? 'None' : 'Required';
}

/** The spec without these owners, as they were read: one that has failed again since then stays. */
export const withoutOwners = (spec: Spec, gone: readonly QuarantinedOwner[]): Spec => ({
  ...spec,
  owners: spec.owners.filter((entry) => !gone.some((each) => isDeepStrictEqual(each, entry))),
});

/** The spec in which the node is only the last choice for these owners; the same spec where it is so already. */
export function softened(spec: Spec, owners: ReadonlySet<string>): Spec {
  const isStrict = ({ owner, affinity }: QuarantinedOwner): boolean =>
    affinity === 'Required' && owners.has(ownerText(owner));
  if (!spec.owners.some(isStrict)) return spec;
  return {
    ...spec,
    owners: spec.owners.map((entry) => (isStrict(entry) ? { ...entry, affinity: 'Preferred' as const } : entry)),
  };
}

const maxTries = 5;

export type QuarantineWrite = {
  readonly nodeName: string;
  /** The quarantine as it was last read; undefined to create one. */
  readonly cached: NodeQuarantine | undefined;
  /** May be called several times; where it returns the spec that it was given, nothing is written. */
  readonly edit: (spec: Spec | undefined) => Spec;
};

/** Applies an edit to a node's quarantine, over the writes of other clients; undefined where it was deleted meanwhile. */
export async function writeQuarantine(
  client: Client,
  { nodeName, cached, edit }: QuarantineWrite,
  signal: AbortSignal,
): Promise<NodeQuarantine | undefined> {
  const path = `${quarantinesPath}/${nodeName}`;
  const isNew = cached === undefined;
  let current = cached;
  for (let tries = 0; tries < maxTries; tries++) {
    const spec = edit(current?.spec);
    if (current && spec === current.spec) return current;
    const body = current
      ? { ...current, spec }
      : {
          apiVersion: 'health.example.com/v1alpha1',
          kind: 'NodeQuarantine',
          metadata: { name: nodeName },
          spec,
        };
    try {
      return current
        ? await client.update<NodeQuarantine>(path, body, { signal })
        : await client.create<NodeQuarantine>(quarantinesPath, body, { signal });
    } catch (error) {
      // A person has deleted it, and so released the node.
      if (isNotFound(error) && current) return undefined;
      if (!isConflict(error)) throw withNode(nodeName, error);
    }
    current = await ignoreNotFound(client.get<NodeQuarantine>(path, { signal })).catch((error: unknown) => {
      throw withNode(nodeName, error);
    });
    if (!current && !isNew) return undefined;
  }
  throw new Error(`NodeQuarantine ${nodeName} was changed by others ${maxTries} times in a row`);
}

/**
 * Applies an edit to a quarantine of the cache when there is a turn to write, and stores the result there. Undefined where
 * it is deleted by then: a write that has waited must not make again what a person has deleted meanwhile.
 */
export async function updateQuarantine(
  { client, cache, writes }: { readonly client: Client; readonly cache: HardwareCache; readonly writes: Semaphore },
  nodeName: string,
  edit: QuarantineWrite['edit'],
  signal: AbortSignal,
): Promise<NodeQuarantine | undefined> {
  const before = cache.quarantines.get(nodeName);
  return writes(async () => {
    if (before && !isStanding(cache, nodeName, before.metadata.uid)) return undefined;
    const cached = cache.quarantines.get(nodeName);
    const written = await writeQuarantine(client, { nodeName, cached, edit }, signal);
    if (written) cache.storeWritten(written);
    else if (cached) cache.drop(cached);
    return written;
  });
}

/** Deletes a node's quarantine as it was read; false where another client has written it since. */
export async function deleteQuarantine(
  client: Client,
  { metadata: { uid, resourceVersion }, spec: { nodeName } }: NodeQuarantine,
  signal: AbortSignal,
): Promise<boolean> {
  const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
  try {
    await ignoreNotFound(client.delete(`${quarantinesPath}/${nodeName}`, { preconditions, signal }));
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw withNode(nodeName, error);
  }
}

/** Names the quarantine in an error of the apiserver. */
const withNode = (nodeName: string, error: unknown): unknown =>
  error instanceof ApiError ? new Error(`NodeQuarantine ${nodeName}: ${error.message}`, { cause: error }) : error;
