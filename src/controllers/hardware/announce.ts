// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions
import { moveKey } from '../../inject/model/move-window.ts';
import { isConflict, isNotFound } from '../../kube/api-error.ts';
import { utcTime } from '../../wording/times.ts';
import { isStanding } from './cache.ts';
import type { WithdrawDecision } from './decision.ts';
import type { HardwareDeps, MoveWork } from './deps.ts';
import { clauseOf } from './events.ts';
import type { HardwarePod } from './pod.ts';
import { sentenceOf } from './reasons.ts';

/** What a Pod says of its move; without `untilMs` it stays. */
type Announcement = {
  readonly reason: 'HardwareFailed' | 'GangMoves' | 'MoveCancelled';
  readonly message: string;
  readonly untilMs?: number;
};

/** Its fields are those of this manager, and an application without the annotation takes it away. */
const fieldManager = 'health-injector-move';

/**
 * Tells the application of a Pod, and those of the other Pods of its gang, until when they may stay. The Pod that failed
 * comes last: a leader that finds nothing in it tells all of them again. Never rejects.
 */
export async function announceMove(
  { pod, reading, window, quarantineUid }: MoveWork,
  deps: HardwareDeps,
  signal: AbortSignal,
): Promise<void> {
  const { cache, clock, events, retries } = deps;
  const now = cache.pods.get(pod.uid);
  if (!isStanding(cache, pod.node, quarantineUid) || !now?.failing || now.isDeleting) return;
  const untilMs = Math.ceil((clock.date().getTime() + (pod.moveWindowMs ?? 0)) / 1_000) * 1_000;
  const of = `Pod ${pod.namespace}/${pod.name}`;
  const end = `until ${utcTime(untilMs)}, or until its application is ready`;
  const tell = async (each: HardwarePod, reason: 'HardwareFailed' | 'GangMoves', why: string): Promise<void> => {
    const what = reason === 'GangMoves' ? 'is ended with its gang' : `is moved off node ${each.node}`;
    const message = `The Pod ${what}, and has time ${end}: ${why}.`;
    if (!(await announce(each, { reason, message, untilMs }, deps, signal))) return;
    cache.markAnnounced(each.uid, untilMs);
    const note = `Pod ${each.namespace}/${each.name} ${what}, and has time ${end}: ${why}.`;
    events.record(each, 'MoveScheduled', note, each.uid === pod.uid ? ['pod', 'owner'] : ['pod']);
  };
  try {
    const members = window?.members ?? [];
    const gang = `${pod.gang?.kind ?? ''} ${pod.gang?.name ?? ''}`;
    const why = `${gang} starts anew as a whole off node ${pod.node}, where the hardware of ${of} fails`;
    await Promise.all(members.map((each) => tell(each, 'GangMoves', why)));
    await tell(pod, 'HardwareFailed', clauseOf(reading));
    retries.forget(pod.uid);
  } catch (error) {
    if (signal.aborted) return;
    retries.recordFailure(pod.uid);
    const why = `its application could not be told of the move, which is tried again: ${(error as Error).message}`;
    const note = `${of} stays on node ${pod.node}, although ${clauseOf(reading)}: ${why}.`;
    events.record(pod, 'MoveHeld', note, ['pod', 'owner']);
  }
}

/** Tells an application that its Pod stays. */
export async function withdrawMove(decision: WithdrawDecision, deps: HardwareDeps, signal: AbortSignal): Promise<void> {
  const { cache, events } = deps;
  const { pod } = decision;
  const now = cache.pods.get(pod.uid);
  if (!now || now.isDeleting || now.moveUntilMs === undefined) return;
  const why = sentenceOf(decision);
  const message = `The Pod stays on node ${pod.node}: ${why}.`;
  if (!(await announce(pod, { reason: 'MoveCancelled', message }, deps, signal))) return;
  cache.markAnnounced(pod.uid, undefined);
  const note = `Pod ${pod.namespace}/${pod.name} stays on node ${pod.node}: ${why}.`;
  events.record(pod, 'MoveCancelled', note, ['pod', 'owner']);
}

/** Writes annotation and condition at once; false where the Pod is gone. The subresource `status` takes both. */
async function announce(
  { namespace, name, uid }: HardwarePod,
  { reason, message, untilMs }: Announcement,
  { client, clock, prefix, writes }: Pick<HardwareDeps, 'client' | 'clock' | 'prefix' | 'writes'>,
  signal: AbortSignal,
): Promise<boolean> {
  const condition = {
    type: `${prefix}${moveKey}`,
    status: untilMs === undefined ? 'False' : 'True',
    reason,
    message,
    lastTransitionTime: utcTime(clock.date().getTime()),
  };
  const annotations = untilMs === undefined ? {} : { [`${prefix}${moveKey}`]: utcTime(untilMs) };
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, uid, annotations },
    status: { conditions: [condition] },
  };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
  try {
    await writes(() => client.apply(path, body, { fieldManager, signal }));
    return true;
  } catch (error) {
    // 409: the Pod of this name has another uid.
    if (isNotFound(error) || isConflict(error)) return false;
    throw error;
  }
}
