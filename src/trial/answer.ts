import { printableLine } from '../wording/printable.ts';

/** What the agent of a Pod on trial answers at `/trialz`; docs/probe.md says what each field means. */
export type TrialAnswer = {
  /** For how long it has counted. */
  readonly sinceSeconds: number;
  readonly containers: readonly ContainerTrial[];
};

/** Of one container what its probes would have done, and what its checks measured. */
export type ContainerTrial = {
  readonly container: string;
  readonly restarts: number;
  readonly lastRestart: Incident | undefined;
  /** False where it would not be ready now; undefined where no check is for readiness. */
  readonly isReady: boolean | undefined;
  /** How long it would not have been ready after it was once, and how long until it was for the first time. */
  readonly unreadySeconds: number;
  readonly unreadyAtStartSeconds: number;
  readonly lastUnready: Incident | undefined;
  /** How many of its starts took longer than they may: each would have been a restart. */
  readonly startFailures: number;
  readonly lastStartFailure: Incident | undefined;
  /** How long its starts took, in seconds. */
  readonly starts: readonly number[];
  /** The checks that were found, not written, and have not passed. */
  readonly unproven: readonly string[];
  readonly checks: readonly CheckTrial[];
};

/** When a probe would last have acted, and why: the check, and the sentence of the agent. */
export type Incident = { readonly secondsAgo: number; readonly check: string; readonly reason: string };

/** What the runs of one check were like. */
export type CheckTrial = {
  readonly check: string;
  readonly probes: readonly string[];
  readonly runs: number;
  readonly failures: number;
  /** How long the longest run took that had an answer. */
  readonly maxSeconds: number;
  /** Upper bounds in seconds, ascending, with the number of answers that took no longer. */
  readonly buckets: readonly Bucket[];
  /** The most questions in a row, at the period, at which it failed. */
  readonly longestFailureRun: number;
};

export type Bucket = readonly [seconds: number, runs: number];

/** An answer is no longer. */
export const mostAnswerBytes = 16 * 1024;

const mostContainers = 32;
const mostChecks = 64;
const mostStarts = 64;
const mostBuckets = 32;
const mostCharacters = 160;
/** More than a century in seconds; no run, restart or second is counted beyond it. */
const most = 2 ** 32;

/**
 * Reads an answer. Any program may listen at the address of a Pod: what has another shape is left out, and an answer that is
 * no trial at all is undefined. All that is returned is bounded, and safe to look at.
 */
export function readTrialAnswer(body: string): TrialAnswer | undefined {
  if (body.length > mostAnswerBytes) return undefined;
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { version, sinceSeconds, containers } = fieldsOf(answer);
  const since = count(sinceSeconds);
  if (version !== 1 || since === undefined || !Array.isArray(containers)) return undefined;
  return { sinceSeconds: since, containers: containers.slice(0, mostContainers).flatMap(readContainer) };
}

function readContainer(value: unknown): ContainerTrial[] {
  const { container, liveness, readiness, startup, unproven, checks } = fieldsOf(value);
  const [live, ready, start] = [fieldsOf(liveness), fieldsOf(readiness), fieldsOf(startup)];
  if (typeof container !== 'string') return [];
  return [
    {
      container: text(container),
      restarts: whole(live['restarts']) ?? 0,
      lastRestart: readIncident(live, 'lastRestartSecondsAgo'),
      isReady: typeof ready['ready'] === 'boolean' ? ready['ready'] : undefined,
      unreadySeconds: count(ready['unreadySeconds']) ?? 0,
      unreadyAtStartSeconds: count(ready['unreadyAtStartSeconds']) ?? 0,
      lastUnready: readIncident(ready, 'lastUnreadySecondsAgo'),
      startFailures: whole(start['failures']) ?? 0,
      lastStartFailure: readIncident(start, 'lastFailureSecondsAgo'),
      starts: listOf(start['starts'], mostStarts).flatMap((each) => count(each) ?? []),
      unproven: listOf(unproven, mostChecks).flatMap((each) => (typeof each === 'string' ? [text(each)] : [])),
      checks: listOf(checks, mostChecks).flatMap(readCheck),
    },
  ];
}

function readIncident(fields: Fields, when: string): Incident | undefined {
  const { check, reason } = fields;
  const secondsAgo = count(fields[when]);
  if (secondsAgo === undefined || typeof check !== 'string' || typeof reason !== 'string') return undefined;
  return { secondsAgo, check: text(check), reason: text(reason) };
}

function readCheck(value: unknown): CheckTrial[] {
  const { check, probes, runs, failures, maxSeconds, buckets, failedLongestRun } = fieldsOf(value);
  const [all, failed, row] = [runs, failures, failedLongestRun].map(whole);
  const longest = count(maxSeconds);
  if (typeof check !== 'string' || all === undefined || failed === undefined || longest === undefined) return [];
  return [
    {
      check: text(check),
      probes: probeNames.filter((name) => Array.isArray(probes) && probes.includes(name)),
      runs: all,
      failures: Math.min(failed, all),
      maxSeconds: longest,
      buckets: readBuckets(buckets, all),
      longestFailureRun: Math.min(row ?? 0, failed),
    },
  ];
}

const probeNames = ['liveness', 'readiness', 'startup'];

/** Those of the buckets that ascend in both of their numbers, and hold no more runs than there were. */
function readBuckets(value: unknown, runs: number): Bucket[] {
  const buckets: Bucket[] = [];
  for (const pair of listOf(value, mostBuckets)) {
    const [bound, runsUpTo] = Array.isArray(pair) ? pair : [];
    const [seconds, upTo] = [count(bound), whole(runsUpTo)];
    if (seconds === undefined || upTo === undefined || upTo > runs) continue;
    const [lower, fewer] = buckets.at(-1) ?? [-1, 0];
    if (seconds > lower && upTo >= fewer) buckets.push([seconds, upTo]);
  }
  return buckets;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const listOf = (value: unknown, longest: number): readonly unknown[] =>
  Array.isArray(value) ? value.slice(0, longest) : [];

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 ? Math.min(value, most) : undefined;

const whole = (value: unknown): number | undefined => {
  const counted = count(value);
  return counted === undefined ? undefined : Math.floor(counted);
};

const text = (value: string): string => printableLine(value, mostCharacters);
