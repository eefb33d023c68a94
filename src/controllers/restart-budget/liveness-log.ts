import type { LivenessHint } from './hint.ts';
import type { ProbedPod } from './pod.ts';
import {
  type LivenessSigns,
  afterAnswer,
  afterHint,
  afterUnreadiness,
  areOld,
  failingSince,
  isRestartedWithin,
} from './signs.ts';

/** The budget counts restarts so long back. */
const windowMs = 10 * 60_000;

/** The apiserver has an Event no longer. */
const eventTtlMs = 60 * 60_000;

/** What is known of the liveness of Pods: one note for each that failed lately or is held. */
export type LivenessLog = {
  /** Takes in an Event; an old one is from a list. False where nothing follows from it. */
  readonly hear: (hint: LivenessHint, isOld: boolean) => boolean;
  /** Takes in what a sidecar says; false where it is nothing new. */
  readonly answered: (uid: string, passes: boolean) => boolean;
  /** Takes in that a Pod is held no more: it has recovered, or its turn to be restarted has come. */
  readonly released: (pod: ProbedPod) => void;
  /** Takes in the Pods that an earlier leader left: those that are held are taken to fail until something else is heard. */
  readonly inherit: (pods: readonly ProbedPod[]) => void;
  readonly forget: (uid: string) => void;
  readonly concerns: (pod: ProbedPod) => boolean;
  /** The uids of the Pods with a note. */
  readonly uids: () => Iterable<string>;
  readonly failingSince: (pod: ProbedPod, isHeld: boolean) => number | undefined;
  readonly isRestarted: (pod: ProbedPod) => boolean;
  /** Closes the notes of Pods that have recovered, and drops old ones. */
  readonly refresh: (pods: readonly ProbedPod[], isHeld: (pod: ProbedPod) => boolean) => void;
};

type LivenessLogOptions = {
  readonly find: (uid: string) => ProbedPod | undefined;
  readonly nowMs: () => number;
};

/** An empty log. It holds notes of Pods that exist only, so it is bounded by them, whatever Events say. */
export function createLivenessLog({ find, nowMs }: LivenessLogOptions): LivenessLog {
  const notes = new Map<string, LivenessSigns>();
  /** The Pods of which nothing but an inherited hold is known, and since when. */
  const inherited = new Map<string, number>();

  return {
    hear({ uid, namespace, container, atMs }, isOld) {
      const pod = find(uid);
      const now = nowMs();
      if (pod?.namespace !== namespace || !pod.containers.includes(container)) return false;
      if (isOld && now - atMs > eventTtlMs) return false;
      const before = notes.get(uid);
      const after = afterHint(before, pod, { atMs, heardMs: isOld ? Math.min(now, atMs) : now });
      notes.set(uid, after);
      return after !== before;
    },
    answered(uid, passes) {
      const pod = find(uid);
      if (!pod) return false;
      const isNew = inherited.delete(uid);
      const before = notes.get(uid);
      const after = afterAnswer(before, pod, { passes, atMs: nowMs() });
      if (after) notes.set(uid, after);
      return isNew || before?.answer?.passes !== after?.answer?.passes;
    },
    released(pod) {
      const { uid } = pod;
      inherited.delete(uid);
      const signs = notes.get(uid);
      const isFailing = failingSince(pod, signs, { nowMs: nowMs(), isHeld: true }) !== undefined;
      if (signs && isFailing) notes.set(uid, { ...signs, releasedMs: nowMs() });
      else notes.delete(uid);
    },
    inherit(pods) {
      const now = nowMs();
      for (const { uid, hold } of pods) {
        if (hold?.reason === 'restart-budget' && hold.livenessUntilMs > now) inherited.set(uid, now);
      }
    },
    forget(uid) {
      notes.delete(uid);
      inherited.delete(uid);
    },
    concerns: ({ uid, hold, terminations }) => notes.has(uid) || hold !== undefined || terminations.length > 0,
    uids: () => notes.keys(),
    failingSince(pod, isHeld) {
      const signs = notes.get(pod.uid);
      if (signs) return failingSince(pod, signs, { nowMs: nowMs(), isHeld });
      return isHeld && pod.readiness?.isReady !== true ? inherited.get(pod.uid) : undefined;
    },
    isRestarted: (pod) => isRestartedWithin(pod, notes.get(pod.uid), { nowMs: nowMs(), windowMs }),
    refresh(pods, isHeld) {
      const now = nowMs();
      for (const pod of pods) {
        const { uid } = pod;
        const before = notes.get(uid);
        const signs = isHeld(pod) ? afterUnreadiness(before, pod, now) : before;
        if (!signs) continue;
        const isOver = failingSince(pod, signs, { nowMs: now, isHeld: isHeld(pod) }) === undefined;
        if (isOver && !isHeld(pod) && areOld(pod, signs, now)) notes.delete(uid);
        else notes.set(uid, isOver ? { ...signs, isOver } : signs);
      }
    },
  };
}
