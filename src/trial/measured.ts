import type { Bucket, CheckTrial, ContainerTrial, TrialAnswer } from './answer.ts';
import { incidentsOf, newest, restartsOf, unreadySecondsOf } from './sums.ts';

/** What the agents of the Pods of one workload measured of one container. */
export type Measured = {
  readonly container: string;
  /** The Pods whose agents speak of it, and for how long the longest of them has counted. */
  readonly pods: number;
  readonly seconds: number;
  readonly restarts: number;
  readonly restartPods: number;
  readonly unreadySeconds: number;
  readonly unreadyPods: number;
  readonly unprovenPods: number;
  /** Why the last restart would have been, and why it was last not ready. */
  readonly lastRestart: string | undefined;
  readonly lastUnready: ContainerTrial['lastUnready'];
  readonly starts: readonly number[];
  readonly checks: readonly CheckTrial[];
};

/** Puts together what the agents of several Pods answer, a row for each container. */
export function measure(answers: readonly TrialAnswer[]): Measured[] {
  const all = answers.flatMap(({ sinceSeconds, containers }) =>
    containers.map((container) => ({ sinceSeconds, container })),
  );
  const byName = Map.groupBy(all, ({ container }) => container.container);
  return [...byName].map(([container, rows]) => {
    const containers = rows.map((row) => row.container);
    return {
      container,
      pods: rows.length,
      seconds: Math.max(...rows.map(({ sinceSeconds }) => sinceSeconds)),
      restarts: sum(containers, restartsOf),
      restartPods: containers.filter((each) => restartsOf(each) > 0).length,
      unreadySeconds: sum(containers, unreadySecondsOf),
      unreadyPods: containers.filter((each) => unreadySecondsOf(each) > 0).length,
      unprovenPods: containers.filter(({ unproven }) => unproven.length > 0).length,
      lastRestart: newest(containers.flatMap(incidentsOf))?.text,
      lastUnready: newest(containers.flatMap(({ lastUnready }) => lastUnready ?? [])),
      starts: containers.flatMap(({ starts }) => starts),
      checks: mergeChecks(containers.flatMap(({ checks }) => checks)),
    };
  });
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function mergeChecks(checks: readonly CheckTrial[]): CheckTrial[] {
  return [...Map.groupBy(checks, ({ check }) => check)].map(([check, same]) => ({
    check,
    probes: [...new Set(same.flatMap(({ probes }) => probes))],
    runs: sum(same, ({ runs }) => runs),
    failures: sum(same, ({ failures }) => failures),
    maxSeconds: Math.max(...same.map(({ maxSeconds }) => maxSeconds)),
    buckets: mergeBuckets(same.flatMap(({ buckets }) => buckets)),
    longestFailureRun: Math.max(...same.map(({ longestFailureRun }) => longestFailureRun)),
  }));
}

function mergeBuckets(buckets: readonly Bucket[]): Bucket[] {
  const byBound = Map.groupBy(buckets, ([seconds]) => seconds);
  return [...byBound]
    .map(([seconds, same]): Bucket => [seconds, sum(same, ([, runs]) => runs)])
    .toSorted(([a], [b]) => a - b);
}

/** How many runs of a check had an answer. */
export const answersOf = ({ runs, failures }: CheckTrial): number => runs - failures;

/** So much time at most took 99 of 100 answers: the bound of a bucket, or the longest where that is less. */
export function p99Seconds(check: CheckTrial): number {
  const enough = answersOf(check) * 0.99;
  const [bound = Infinity] = check.buckets.find(([, runs]) => runs >= enough) ?? [];
  return Math.min(bound, check.maxSeconds);
}
