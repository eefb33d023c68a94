// https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply
import { ignoreNotFound } from '../kube/api-error.ts';
import type { Client } from '../kube/client.ts';
import { type Clock, systemClock } from '../kube/clock.ts';
import { type ResourceEventHandler, startReflector } from '../kube/reflector.ts';
import { createWorkQueue, runWorkers } from '../kube/work-queue.ts';
import { type NodeQuarantine, quarantinesPath } from '../quarantine/quarantine.ts';

type QuarantineHandler = ResourceEventHandler<NodeQuarantine>;

/** Hands the NodeQuarantines of the cluster to each handler in turn, until `signal` is aborted; resolves once they were listed. */
export function startQuarantineInformer(
  client: Client,
  handlers: readonly QuarantineHandler[],
  onError: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  return startReflector<NodeQuarantine>(
    { client, path: quarantinesPath, transform: (object) => object as NodeQuarantine },
    {
      onReplace: (all) => handlers.forEach((handler) => handler.onReplace(all)),
      onUpsert: (one) => handlers.forEach((handler) => handler.onUpsert(one)),
      onDelete: (one) => handlers.forEach((handler) => handler.onDelete(one)),
      onError,
    },
    signal,
  );
}

type GenerationReporterOptions = {
  readonly client: Client;
  /** The name of this Pod. The controller waits for the names of the Pods behind the webhook's Service. */
  readonly replica: string;
  readonly onError: (sentence: string) => void;
  readonly clock?: Clock;
};

const backoff = { minMs: 100, maxMs: 10_000 };
const timeoutMs = 5_000;

/** A rollout brings new names, and a quarantine lasts a day. */
const mostObservers = 64;

/**
 * The names to remove where there are too many: those furthest behind, which are of replicas that are gone. One that is
 * there writes its name again with the next generation.
 */
function mostOutdated(observed: Readonly<Record<string, number>> = {}): string[] {
  const names = Object.entries(observed)
    .toSorted(([, one], [, other]) => one - other)
    .map(([name]) => name);
  return names.slice(0, Math.max(0, names.length + 1 - mostObservers));
}

/**
 * Writes the generation that this replica has observed to the status of each NodeQuarantine: once for each generation,
 * one after the other, and again until it is written. The controller waits for it before it evicts; otherwise a replica
 * that does not know the quarantine yet could admit the replacement to the same node.
 */
export function createGenerationReporter(
  { client, replica, onError, clock = systemClock }: GenerationReporterOptions,
  signal: AbortSignal,
): QuarantineHandler {
  const quarantines = new Map<string, NodeQuarantine>();
  /** By uid: a quarantine of the same name that comes later is another one. */
  const reported = new Map<string, number>();
  const queue = createWorkQueue({ backoff, clock }, signal);

  const reconcile = async (name: string): Promise<void> => {
    const { metadata, status: held } = quarantines.get(name) ?? {};
    const { uid = '', generation = 0 } = metadata ?? {};
    if (generation <= (reported.get(uid) ?? 0)) return;
    const gone = Object.fromEntries(mostOutdated(held?.observedGenerations).map((each) => [each, null]));
    const status = { observedGenerations: { ...gone, [replica]: generation } };
    await ignoreNotFound(client.patch(`${quarantinesPath}/${name}/status`, { status }, { timeoutMs, signal }));
    if (quarantines.get(name)?.metadata.uid === uid) reported.set(uid, generation);
  };
  void runWorkers(
    queue,
    {
      reconcile,
      onError: (name, { message }) => onError(`NodeQuarantine ${name} could not be acknowledged: ${message}.`),
    },
    signal,
  );

  const observe = (quarantine: NodeQuarantine): void => {
    const { name = '', uid = '', generation = 0 } = quarantine.metadata;
    const { uid: earlierUid = uid } = quarantines.get(name)?.metadata ?? {};
    if (earlierUid !== uid) reported.delete(earlierUid);
    quarantines.set(name, quarantine);
    const written = Math.max(reported.get(uid) ?? 0, quarantine.status?.observedGenerations?.[replica] ?? 0);
    reported.set(uid, written);
    if (generation > written) queue.add(name);
  };
  const forget = ({ metadata: { name = '', uid = '' } }: NodeQuarantine): void => {
    quarantines.delete(name);
    reported.delete(uid);
    queue.forget(name);
  };
  return {
    onReplace(all) {
      const names = new Set(all.map(({ metadata }) => metadata.name));
      for (const quarantine of quarantines.values()) if (!names.has(quarantine.metadata.name)) forget(quarantine);
      for (const quarantine of all) observe(quarantine);
    },
    onUpsert: observe,
    onDelete: forget,
  };
}
