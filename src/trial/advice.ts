import { formatDuration } from '../check/kinds.ts';
import { spokenSeconds } from './durations.ts';
import { type Measured, answersOf, p99Seconds } from './measured.ts';
import type { CheckTrial } from './answer.ts';
import { type AdviceKey, type TrialSettings, defaultSettings } from './settings.ts';

/** What one key should be by what was measured; where it is as now, now is enough. */
export type Advice = {
  readonly key: AdviceKey;
  readonly now: number;
  readonly value: number;
  readonly evidence: string;
};

/** What is advised for a container, or in a sentence why nothing is. */
export type AdviceForContainer = {
  readonly advice: readonly Advice[];
  readonly remarks: readonly string[];
};

/** Nothing is advised from less. */
export type LeastEvidence = { readonly seconds: number; readonly answers: number };

export const leastEvidence: LeastEvidence = { seconds: 3_600, answers: 300 };

/** A server that fails more questions in a row than that hangs: patience is no cure. */
const longestHiccup = 10;

/**
 * Advises settings under which nothing of what was measured would have been a failure (docs/decisions/0045). It makes no
 * setting stricter: rare events are not seen in a trial. What it advises is never stricter than the default.
 */
export function adviceFor(
  measured: Measured,
  now: TrialSettings,
  { seconds: leastSeconds, answers: leastAnswers }: LeastEvidence = leastEvidence,
): AdviceForContainer {
  const { checks, seconds, starts } = measured;
  const asked = checks.filter(({ runs }) => runs > 0);
  const dead = asked.filter((check) => answersOf(check) === 0);
  if (dead.length > 0) {
    const remarks = dead.map(
      ({ check, runs }) => `the check ${check} has not passed once in ${runs} runs: mend the check`,
    );
    return { advice: [], remarks };
  }
  const answers = asked.reduce((sum, check) => sum + answersOf(check), 0);
  if (asked.length === 0 || seconds < leastSeconds || answers < leastAnswers) {
    const seen = `${answers} answers in ${spokenSeconds(seconds)}`;
    const wanted = `${leastAnswers} answers and ${spokenSeconds(leastSeconds)}`;
    return { advice: [], remarks: [`nothing is advised from ${seen}: it takes ${wanted}`] };
  }
  const over = `over ${spokenSeconds(seconds)}`;
  const longest = Math.max(...asked.map(({ maxSeconds }) => maxSeconds));
  const p99 = Math.max(...asked.map(p99Seconds));
  const timeout = atLeast(now.timeout, 3 * longest, { least: defaultSettings.timeout, step: 0.1 });
  const latency = `p99 of ${spokenSeconds(p99)}, longest ${spokenSeconds(longest)} of ${answers} answers ${over}`;
  const { rows, remarks } = failureRows(asked);
  const advice: Advice[] = [
    {
      key: 'period',
      now: now.period,
      value: atLeast(now.period, timeout, { least: defaultSettings.period, step: 1 }),
      evidence: 'it is no shorter than the timeout',
    },
    { key: 'timeout', now: now.timeout, value: timeout, evidence: latency },
    {
      key: 'failure-threshold',
      now: now['failure-threshold'],
      value: rows === 0 ? now['failure-threshold'] : atLeast(now['failure-threshold'], rows + 2, { least: 3, step: 1 }),
      evidence: rows === 0 ? `no question failed ${over}` : `at most ${rows} questions in a row failed ${over}`,
    },
  ];
  if (starts.length === 0)
    return { advice, remarks: [...remarks, 'nothing is advised for startup: no start was seen'] };
  const slowest = Math.max(...starts);
  const startup = {
    key: 'startup-timeout',
    now: now['startup-timeout'],
    value: atLeast(now['startup-timeout'], 2 * slowest, { least: defaultSettings['startup-timeout'], step: 10 }),
    evidence: `longest of ${starts.length} ${starts.length === 1 ? 'start' : 'starts'} ${spokenSeconds(slowest)}`,
  } as const;
  return { advice: [...advice, startup], remarks };
}

/** Now, where that is enough; else what is needed in whole steps, and no less than what nobody set. */
function atLeast(
  now: number,
  needed: number,
  { least, step }: { readonly least: number; readonly step: number },
): number {
  if (now >= needed) return now;
  const steps = Math.ceil(Number((needed / step).toFixed(6)));
  return Math.max(Number((steps * step).toFixed(3)), least);
}

/** The most questions in a row that failed and were hiccups, and a sentence for each check that hung. */
function failureRows(checks: readonly CheckTrial[]): { readonly rows: number; readonly remarks: readonly string[] } {
  const acting = checks.filter(({ probes }) => probes.includes('liveness') || probes.includes('readiness'));
  const hung = acting.filter(({ longestFailureRun }) => longestFailureRun > longestHiccup);
  const hiccups = acting.filter(({ longestFailureRun }) => longestFailureRun <= longestHiccup);
  return {
    rows: Math.max(...hiccups.map(({ longestFailureRun }) => longestFailureRun), 0),
    remarks: hung.map(
      ({ check, longestFailureRun }) =>
        `the check ${check} failed ${longestFailureRun} questions in a row: that is no hiccup which a threshold should allow`,
    ),
  };
}

/** A value as an annotation or a policy has it. */
export const adviceText = (key: AdviceKey, value: number): string =>
  key === 'failure-threshold' ? `${value}` : formatDuration(Math.round(value * 1_000));

/** One line, such as `timeout 1s → 1200ms: p99 of 390 ms, longest 400 ms of 26000 answers over 3 days`. */
export function adviceLine({ key, now, value, evidence }: Advice): string {
  const change =
    value === now ? `${adviceText(key, now)} is enough` : `${adviceText(key, now)} → ${adviceText(key, value)}`;
  return `${key} ${change}: ${evidence}`;
}
