import type { Owner } from '../../kube/owners.ts';
import type { Indexer } from '../../kube/informer.ts';
import { type OwnerDecision, decideRestarts } from './decide.ts';
import type { LivenessLog } from './liveness-log.ts';
import type { ProbedPod, ProbedPodIndex } from './pod.ts';
import type { BudgetOwners } from './roots.ts';

/** What is decided about one owner, and the Pods that it was decided about. */
export type OwnerPlan = {
  readonly key: string;
  readonly namespace: string;
  readonly root: Owner;
  readonly decision: OwnerDecision;
  readonly pods: readonly ProbedPod[];
};

/** The hold of a Pod to write; undefined takes it away. */
type HoldWrite = { readonly uid: string; readonly untilMs: number | undefined };

/** What is to be written and asked. */
export type HoldPlan = {
  /** The owners of Pods that fail, were restarted or are held. */
  readonly owners: readonly OwnerPlan[];
  readonly writes: readonly HoldWrite[];
  /** The Pods of which it matters what their sidecar says. */
  readonly questioned: readonly ProbedPod[];
};

/** What a plan is made of. */
type PlanInputs = {
  readonly pods: Indexer<ProbedPod, ProbedPodIndex>;
  readonly liveness: LivenessLog;
  readonly owners: BudgetOwners;
  /** Until when the budget holds a Pod, in force or not. */
  readonly untilOf: (pod: ProbedPod) => number | undefined;
};

/**
 * How long a hold lasts where nobody renews it. A next leader is there sooner; and where there is none, the kubelet goes its
 * way again.
 */
const holdMs = 120_000;

/** A hold that ends sooner is renewed. */
const renewMs = 60_000;

/** Decides about the owners of all Pods that fail, were restarted or are held. */
export function planHolds(inputs: PlanInputs, nowMs: number): HoldPlan {
  const { pods, liveness, untilOf } = inputs;
  const isHeld = (pod: ProbedPod): boolean => (untilOf(pod) ?? 0) > nowMs;
  const uids = new Set([...pods.byIndex('marked', 'marked').map(({ uid }) => uid), ...liveness.uids()]);
  const marked = [...uids].flatMap((uid) => pods.byIndex('uid', uid));
  liveness.refresh(marked, isHeld);
  const troubled = marked.filter(
    (pod) =>
      untilOf(pod) !== undefined || liveness.isRestarted(pod) || liveness.failingSince(pod, isHeld(pod)) !== undefined,
  );
  const byNamespace = Map.groupBy(troubled, ({ namespace }) => namespace);
  const owners = [...byNamespace].flatMap(([namespace, some]) => planNamespace(namespace, some, inputs, nowMs));
  return {
    owners,
    writes: owners.flatMap((owner) => writesOf(owner, inputs, nowMs)),
    questioned: owners.flatMap((owner) =>
      owner.pods.filter((pod) => isHeld(pod) || liveness.failingSince(pod, isHeld(pod)) !== undefined),
    ),
  };
}

function planNamespace(
  namespace: string,
  troubled: readonly ProbedPod[],
  { pods, liveness, owners, untilOf }: PlanInputs,
  nowMs: number,
): OwnerPlan[] {
  const all = pods.byIndex('namespace', namespace);
  owners.request(troubled, all);
  const keys = new Map(troubled.map((pod) => owners.of(pod)).map(({ key, root }) => [key, root]));
  const members = Map.groupBy(all, (pod) => owners.of(pod).key);
  return [...keys].map(([key, root]) => {
    const own = members.get(key) ?? [];
    const decision = decideRestarts(
      own.map((pod) => ({
        uid: pod.uid,
        createdMs: pod.createdMs,
        percent: pod.percent,
        failingSinceMs: liveness.failingSince(pod, (untilOf(pod) ?? 0) > nowMs),
        isRestarted: liveness.isRestarted(pod),
        endedMs: endedLatelyMs(pod, nowMs),
        isPaused: isPaused(pod, nowMs),
      })),
    );
    return { key, namespace, root, decision, pods: own };
  });
}

const latelyMs = 3_600_000;

const endedLatelyMs = ({ terminations }: ProbedPod, nowMs: number): number =>
  Math.max(0, ...terminations.map(({ finishedMs }) => (nowMs - finishedMs < latelyMs ? finishedMs : 0)));

/** A pause wins over the budget. */
const isPaused = ({ hold }: ProbedPod, nowMs: number): boolean =>
  hold?.reason === 'pause' && hold.livenessUntilMs > nowMs;

function writesOf({ decision, pods }: OwnerPlan, { untilOf }: PlanInputs, nowMs: number): readonly HoldWrite[] {
  return pods.flatMap((pod): readonly HoldWrite[] => {
    const { uid } = pod;
    const untilMs = untilOf(pod);
    if (isPaused(pod, nowMs)) return [];
    if (!decision.heldFailing.has(uid) && !decision.heldPassing.has(uid)) {
      return untilMs === undefined ? [] : [{ uid, untilMs: undefined }];
    }
    const isLongEnough = (untilMs ?? 0) - nowMs > renewMs;
    return isLongEnough ? [] : [{ uid, untilMs: nowMs + holdMs }];
  });
}
