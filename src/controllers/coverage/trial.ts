import { type Clock, systemClock } from '../../kube/clock.ts';
import { mostAnswerBytes, readTrialAnswer } from '../../trial/answer.ts';
import { type PodTrial, type TrialStatus, sumOfPod, trialStatus } from '../../trial/sums.ts';
import { askInRounds, nextInTurn } from '../rounds.ts';
import { askSidecars } from './ask-sidecars.ts';
import { type CoverageEvent, eventAbout } from './events.ts';
import { type PodIndex, type PodSummary, controllerKeyOf } from './pod-index.ts';

/** What the agents of Pods on trial have counted, as far as they have answered. */
export type Trials = {
  /** The sums of those of these Pods that are on trial; undefined where none is. */
  readonly statusOf: (pods: readonly PodSummary[]) => TrialStatus | undefined;
  readonly isUnproven: (uid: string) => boolean;
  readonly countUnproven: () => number;
  /** The Events about workloads that would have been restarted since the last call, at most so many. */
  readonly takeEvents: (most: number) => readonly CoverageEvent[];
  /** Asks the agents in rounds until the signal; never rejects. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** The last sums of a Pod; undefined where its agent has not answered yet. */
type Answer = { readonly sum: PodTrial | undefined; readonly askedMs: number };

/** An agent listens some seconds after its Pod was created. */
const youngestMs = 10_000;

const pauseMs = 10_000;

/** Forty in a second at most. */
const places = 8;

/** So many take a minute where all answer at once. */
const mostPerRound = 2_400;

/**
 * Asks the agents of the Pods that `list` gives and that are on trial what probes would have done: each namespace in turn, and
 * of its Pods first those that were asked least recently. An agent that does not answer keeps its last answer.
 */
export function followTrials({
  list,
  onChange,
  clock = systemClock,
}: {
  readonly list: () => Iterable<PodSummary>;
  readonly onChange: (pod: PodSummary) => void;
  readonly clock?: Clock;
}): Trials {
  const answers = new Map<string, Answer>();
  /** The Event of each workload, by its controller: it stays the same, and is one series. */
  const events = new Map<string, CoverageEvent>();
  const pending = new Set<string>();

  const dueNow = (): readonly PodSummary[] => {
    const nowMs = clock.date().getTime();
    const onTrial = [...list()].filter(({ trial }) => trial);
    const [uids, owners] = [new Set<string>(), new Set<string>()];
    for (const pod of onTrial) {
      uids.add(pod.uid);
      owners.add(controllerKeyOf(pod));
    }
    for (const uid of answers.keys()) if (!uids.has(uid)) answers.delete(uid);
    for (const owner of events.keys()) if (!owners.has(owner)) events.delete(owner);
    const due = onTrial.filter(({ trial, createdMs }) => trial?.sidecars && nowMs - createdMs >= youngestMs);
    return nextInTurn(due, ({ uid }) => answers.get(uid)?.askedMs, mostPerRound);
  };

  const ask = async (pod: PodSummary, signal: AbortSignal): Promise<void> => {
    const before = answers.get(pod.uid)?.sum;
    const sum = (await askPod(pod, before, { clock, signal })) ?? before;
    answers.set(pod.uid, { sum, askedMs: clock.now() });
    if (!sum || isSame(sum, before)) return;
    onChange(pod);
    // An agent that begins anew counts from none.
    if ((sum.lastRestartMs ?? 0) <= (before?.lastRestartMs ?? 0)) return;
    const owner = controllerKeyOf(pod);
    if (!events.has(owner)) events.set(owner, eventOf(pod, sum));
    pending.add(owner);
  };

  const isUnproven = (uid: string): boolean => answers.get(uid)?.sum?.isUnproven === true;
  return {
    statusOf: (pods) =>
      trialStatus(
        pods.flatMap(({ uid, trial }) => (trial ? [{ workload: trial.workload, sum: answers.get(uid)?.sum }] : [])),
      ),
    isUnproven,
    countUnproven: () => [...answers.keys()].filter(isUnproven).length,
    takeEvents(most) {
      const owners = [...pending].slice(0, most);
      for (const owner of owners) pending.delete(owner);
      return owners.flatMap((owner) => events.get(owner) ?? []);
    },
    run: (signal) => askInRounds({ dueNow, ask, places, pauseMs, clock }, signal),
  };
}

const isSame = (sum: PodTrial, before: PodTrial | undefined): boolean =>
  before !== undefined &&
  sum.restarts === before.restarts &&
  sum.unreadySeconds === before.unreadySeconds &&
  sum.isUnproven === before.isUnproven;

const eventOf = (pod: PodSummary, { lastRestart }: PodTrial): CoverageEvent =>
  eventAbout(
    pod,
    'WouldRestart',
    `Pod ${pod.name} is on trial, and would have been restarted: its agent says that ${lastRestart}. Nothing was restarted.`,
  );

/** The sums by policy; those of Pods that annotations put on trial are under the empty name. */
export function trialsByPolicy(
  pods: Pick<PodIndex, 'list'>,
  statusOf: Trials['statusOf'],
): ReadonlyMap<string, TrialStatus> {
  const onTrial = [...pods.list()].filter(({ trial }) => trial);
  const byPolicy = Map.groupBy(onTrial, ({ verdict }) => verdict.policy ?? '');
  return new Map(
    [...byPolicy].flatMap(([policy, ofPolicy]) => {
      const status = statusOf(ofPolicy);
      return status ? [[policy, status]] : [];
    }),
  );
}

/** Undefined where no agent of the Pod answers what an agent on trial answers. */
async function askPod(
  { trial, createdMs }: PodSummary,
  before: PodTrial | undefined,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<PodTrial | undefined> {
  try {
    const question = { path: '/trialz', maxAnswerBytes: mostAnswerBytes };
    const bodies = trial?.sidecars ? await askSidecars(trial.sidecars, question, clock, signal) : [];
    const answers = bodies.flatMap(({ status, body }) => (status === 200 ? (readTrialAnswer(body) ?? []) : []));
    const moment = { nowMs: clock.date().getTime(), createdMs };
    return answers.length === 0 ? undefined : sumOfPod(answers, moment, before);
  } catch {
    return undefined;
  }
}
