// https://kubernetes.io/docs/reference/using-api/server-side-apply/
import { isNotFound } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { createWorkQueue, runWorkers } from '../../kube/work-queue.ts';
import { utcTime } from '../../wording/times.ts';
import type { HardwareCache } from './cache.ts';
import type { HardwareSettings } from './snapshot.ts';
import { type DegradedChange, degradedChanges, degradedReason, degradedType } from './degraded.ts';

/** Keeps the condition HardwareDegraded of the nodes as the quarantines want it; does nothing where the setting is off. */
export type DegradedWriter = {
  /** Compares all nodes with their quarantines, and queues the nodes that differ. */
  readonly plan: () => void;
  /** Writes until the signal ends. */
  readonly run: () => Promise<void>;
};

type DegradedWriterOptions = {
  readonly client: Client;
  readonly cache: HardwareCache;
  readonly settings: Pick<HardwareSettings, 'degradedNamespaces'>;
  readonly clock: Clock;
  readonly onError: (sentence: string) => void;
};

const workers = 4;

/** Owns this one condition and no other field, so it conflicts with no other writer of the status. */
const fieldManager = 'health-injector-hardware';

export function createDegradedWriter(
  { client, cache, settings, clock, onError }: DegradedWriterOptions,
  signal: AbortSignal,
): DegradedWriter {
  const queue = createWorkQueue({ clock }, signal);
  const least = settings.degradedNamespaces;
  let changes = new Map<string, DegradedChange>();

  const reconcile = async (node: string): Promise<void> => {
    const change = changes.get(node);
    changes.delete(node);
    if (change) await writeCondition(client, change, signal);
  };
  return {
    plan() {
      if (least === 0) return;
      changes = new Map(
        degradedChanges(cache.nodes.values(), cache.quarantines, least).map((each) => [each.node, each]),
      );
      for (const node of changes.keys()) queue.add(node);
    },
    run: () =>
      runWorkers(
        queue,
        {
          workers,
          reconcile,
          onError: (node, { message }) =>
            onError(`The condition ${degradedType} of node ${node} was not written: ${message}.`),
        },
        signal,
      ),
  };
}

/** Applies the condition, or an empty list of ours, which takes it off the node. */
async function writeCondition(client: Client, { node, condition }: DegradedChange, signal: AbortSignal): Promise<void> {
  const wanted = condition && {
    type: degradedType,
    status: 'True',
    reason: degradedReason,
    message: condition.message,
    lastTransitionTime: utcTime(condition.sinceMs),
    lastHeartbeatTime: utcTime(condition.sinceMs),
  };
  const object = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node },
    status: { conditions: wanted ? [wanted] : [] },
  };
  try {
    await client.apply(`/api/v1/nodes/${node}/status`, object, { fieldManager, signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
