import { quotedLine } from '../wording/printable.ts';
import type { ContainerTrial, Incident, TrialAnswer } from './answer.ts';
import { defaultSettings } from './settings.ts';

type Counts = { readonly restarts: number; readonly unreadySeconds: number };

/** What is held of the answers of one Pod: sums and one sentence, some hundred bytes. */
export type PodTrial = Counts & {
  /** For how long the agent has counted, and what it had counted before it began anew. */
  readonly sinceSeconds: number;
  readonly earlier: Counts;
  /** When the last restart would have been; undefined where there was none. */
  readonly lastRestartMs: number | undefined;
  /** Why; empty where there was none. */
  readonly lastRestart: string;
  readonly isUnproven: boolean;
};

/** The status of a policy has it as `trial`. */
export type TrialStatus = {
  /** Pods on trial, and those of them whose agent has answered. */
  readonly pods: number;
  readonly answered: number;
  readonly wouldRestart: {
    readonly pods: number;
    readonly count: number;
    readonly lastTime?: string;
    /** The workload and the sentence of its agent. */
    readonly last?: string;
  };
  readonly wouldBeUnready: { readonly pods: number; readonly seconds: number };
  readonly unproven: number;
};

/** When an answer came, and how old its Pod was then. */
type Moment = { readonly nowMs: number; readonly createdMs: number };

/**
 * Sums up what the agents of a Pod answer. No agent has counted for longer than its Pod is there, and none restarts a container
 * twice in a second: what a stranger answers beyond that does not count.
 */
export function sumOfPod(
  answers: readonly TrialAnswer[],
  { nowMs, createdMs }: Moment,
  before: PodTrial | undefined,
): PodTrial {
  const mostSeconds = Math.max(Math.ceil((nowMs - createdMs) / 1_000), 0);
  const containers = answers.flatMap((answer) => answer.containers);
  const sinceSeconds = Math.max(...answers.map((answer) => answer.sinceSeconds), 0);
  // An agent that is restarted begins anew.
  const earlier = before && sinceSeconds < before.sinceSeconds ? before : (before?.earlier ?? none);
  const counted = containers.reduce((sum, container) => sum + restartsOf(container), 0);
  // Which of its containers are unready at the same time is not said: the Pod is so at least as long as each of them.
  const unready = Math.max(...containers.map(unreadySecondsOf), 0);
  const restarts = Math.min(earlier.restarts + counted, mostSeconds);
  const last = newest(containers.flatMap(incidentsOf));
  const about = {
    restarts,
    unreadySeconds: Math.min(earlier.unreadySeconds + unready, mostSeconds),
    isUnproven: containers.some(({ unproven }) => unproven.length > 0),
    sinceSeconds,
    earlier: { restarts: earlier.restarts, unreadySeconds: earlier.unreadySeconds },
  };
  if (restarts === 0) return { ...about, lastRestartMs: undefined, lastRestart: '' };
  // An age in whole seconds wanders by one from answer to answer: the time is taken once for each restart.
  if (before?.restarts === restarts) return { ...before, ...about };
  const lastRestartMs = last && nowMs - Math.min(last.secondsAgo, mostSeconds) * 1_000;
  return { ...about, lastRestartMs: lastRestartMs ?? nowMs, lastRestart: last?.text ?? '' };
}

const none: Counts = { restarts: 0, unreadySeconds: 0 };

/** How often the kubelet would have restarted a container: by liveness, and by a start that took too long. */
export const restartsOf = ({ restarts, startFailures }: ContainerTrial): number => restarts + startFailures;

/** A start is slow in every Pod; one that never became ready counts once it has started, has failed, or has had its time. */
export function unreadySecondsOf(container: ContainerTrial): number {
  const { isReady, unreadySeconds, unreadyAtStartSeconds, starts, startFailures } = container;
  const hasHadItsTime =
    starts.length > 0 || startFailures > 0 || unreadyAtStartSeconds >= defaultSettings['startup-timeout'];
  const neverReady = isReady === false && unreadySeconds === 0 && hasHadItsTime;
  return neverReady ? unreadyAtStartSeconds : unreadySeconds;
}

/** When a container would last have been restarted, and why: by its liveness, and for a start that took too long. */
export const incidentsOf = ({ container, lastRestart, lastStartFailure }: ContainerTrial) => [
  ...(lastRestart ? [{ secondsAgo: lastRestart.secondsAgo, text: incidentText(container, lastRestart) }] : []),
  ...(lastStartFailure
    ? [
        {
          secondsAgo: lastStartFailure.secondsAgo,
          text: `${incidentText(container, lastStartFailure)}, until its time to start was over`,
        },
      ]
    : []),
];

/** The last of what happened, if anything did. */
export const newest = <T extends { readonly secondsAgo: number }>(items: readonly T[]): T | undefined =>
  items.toSorted((a, b) => a.secondsAgo - b.secondsAgo)[0];

/** No name of a container or a check and no sentence of an agent is longer as it is held. */
const mostCharacters = 160;

/** What an agent says of the last time that a probe would have acted. */
export const incidentText = (container: string, { check, reason }: Omit<Incident, 'secondsAgo'>): string => {
  const [name, of, why] = [check, container, reason].map((words) => quotedLine(words, mostCharacters));
  return `the check ${name} of container ${of} failed: ${why}`;
};

/** A Pod on trial by its workload; `sum` is undefined where its agent has not answered. */
export type TrialOfPod = { readonly workload: string; readonly sum: PodTrial | undefined };

/** Sums up the Pods of a policy; undefined where none is on trial. */
export function trialStatus(pods: readonly TrialOfPod[]): TrialStatus | undefined {
  if (pods.length === 0) return undefined;
  const status = { answered: 0, unproven: 0, unreadyPods: 0, seconds: 0, restartPods: 0, count: 0 };
  let last: { readonly atMs: number; readonly text: string } | undefined;
  for (const { workload, sum } of pods) {
    if (!sum) continue;
    const { restarts, lastRestartMs = 0, unreadySeconds } = sum;
    status.answered += 1;
    if (sum.isUnproven) status.unproven += 1;
    if (unreadySeconds > 0) status.unreadyPods += 1;
    status.seconds += unreadySeconds;
    if (restarts === 0) continue;
    status.restartPods += 1;
    status.count += restarts;
    if (!last || lastRestartMs > last.atMs) last = { atMs: lastRestartMs, text: `${workload}: ${sum.lastRestart}` };
  }
  const { answered, unproven, unreadyPods, seconds, restartPods, count } = status;
  return {
    pods: pods.length,
    answered,
    wouldRestart: {
      pods: restartPods,
      count,
      ...(last ? { lastTime: new Date(last.atMs).toISOString(), last: last.text } : {}),
    },
    wouldBeUnready: { pods: unreadyPods, seconds: Math.round(seconds) },
    unproven,
  };
}
