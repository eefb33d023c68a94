import type { V1ObjectMeta, V1Pod } from '@kubernetes/client-node';
import { holdInForce, holdKey } from '../../hold/hold.ts';
import { pauseKey, pauseReadinessKey } from '../../hold/pause.ts';
import { ignoreNotFound, isConflict } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { podReference } from '../../kube/event.ts';
import type { EventRecorder } from '../../kube/event-recorder.ts';
import { createInformer } from '../../kube/informer.ts';
import { createWorkQueue, runWorkers } from '../../kube/work-queue.ts';
import { type PauseEvent, type PauseSettings, decidePause, pauseActions } from './decide.ts';
import type { HoldMetrics } from './metrics.ts';

type HoldOptions = {
  readonly client: Client;
  readonly settings: PauseSettings;
  readonly recorder: Pick<EventRecorder, 'event'>;
  readonly metrics: HoldMetrics;
  readonly clock?: Clock;
  readonly onError: (sentence: string) => void;
  readonly onAction: (fields: Readonly<Record<string, unknown>>, message: string) => void;
};

/** The annotations that a hold depends on; most Pods have none of them, and nothing is remembered of those. */
type HoldAnnotations = Readonly<Record<string, string>>;

/** A write waits for the apiserver, and a hold should stand within a second. */
const workers = 4;

/** A Pod that was written between our read and our write is read again. */
const conflictMs = 100;

/** A Pod is written no more often: somebody else may take away what is written, each time. */
const rewriteMs = 500;

/**
 * Writes the annotation `hold` of the Pods that are paused, and takes it away. Each Pod is a key in a work queue, so one
 * patch at a time is on its way for a Pod. It reads the Pod anew before each decision. Runs until `signal` is aborted.
 */
export async function runHoldController(options: HoldOptions, signal: AbortSignal): Promise<void> {
  const { client, settings, recorder, metrics, clock = systemClock, onError, onAction } = options;
  const { prefix } = settings;
  const keys = [holdKey, pauseKey, pauseReadinessKey].map((key) => prefix + key);
  const queue = createWorkQueue({ clock }, signal);
  /** What was last said of a Pod: a refusal stands as long as its annotation, and is said once. */
  const said = new Map<string, string>();
  const wroteMs = new Map<string, number>();
  const pods = createInformer<HoldAnnotations>({
    client,
    path: '/api/v1/pods',
    metadataOnly: true,
    transform(object) {
      const { annotations = {} } = (object as { readonly metadata: V1ObjectMeta }).metadata;
      const entries = keys.flatMap((key) => (annotations[key] === undefined ? [] : [[key, annotations[key]]]));
      return entries.length === 0 ? undefined : Object.fromEntries(entries);
    },
    onError,
  });
  const countPaused = (): void => {
    const nowMs = clock.date().getTime();
    const holds = [...pods.list()].map((annotations) => holdInForce(annotations, prefix, nowMs));
    metrics.countPaused(holds.filter((hold) => hold?.reason === 'pause').length);
  };
  pods.onChange(({ key, after }) => {
    if (after) queue.add(key);
    else for (const map of [said, wroteMs]) map.delete(key);
    countPaused();
  });

  const tell = (key: string, { metadata }: V1Pod, { reason, note }: PauseEvent): void => {
    if (said.get(key) === note) return;
    said.set(key, note);
    metrics.countEvent(reason);
    const { namespace = '', name = '', uid = '' } = metadata ?? {};
    const type = reason === 'HealthPauseRefused' ? 'Warning' : 'Normal';
    const regarding = podReference({ namespace, name, uid });
    recorder.event({ regarding, type, reason, action: pauseActions[reason], note });
    onAction({ namespace, pod: name, note }, reason);
  };
  const reconcile = async (key: string): Promise<void> => {
    if (!pods.get(key)) return;
    const path = `/api/v1/namespaces/${key.replace('/', '/pods/')}`;
    const pod = await ignoreNotFound(client.get<V1Pod>(path, { signal }));
    if (!pod) return;
    const nowMs = clock.date().getTime();
    const { annotations, event, againAtMs } = decidePause(pod, settings, nowMs);
    if (Object.keys(annotations).length > 0) {
      const sinceMs = clock.now() - (wroteMs.get(key) ?? -Infinity);
      if (sinceMs < rewriteMs) return queue.addAfter(key, rewriteMs - sinceMs);
      wroteMs.set(key, clock.now());
      const { uid, resourceVersion } = pod.metadata ?? {};
      try {
        // The subresource takes annotations, and its right changes nothing of what a Pod runs.
        await ignoreNotFound(
          client.patch(`${path}/status`, { metadata: { uid, resourceVersion, annotations } }, { signal }),
        );
      } catch (error) {
        if (!isConflict(error)) throw error;
        return queue.addAfter(key, conflictMs);
      }
    }
    if (event) tell(key, pod, event);
    if (againAtMs !== undefined) queue.addAfter(key, againAtMs - nowMs);
    countPaused();
  };
  await Promise.all([
    pods.run(signal),
    runWorkers(
      queue,
      {
        workers,
        reconcile,
        onError: (key, { message }) => onError(`The hold of Pod ${key} could not be written: ${message}.`),
      },
      signal,
    ),
  ]);
}
