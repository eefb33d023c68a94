import type { Hold } from '../../hold/hold.ts';
import { timesText, utcTime } from '../../wording/times.ts';
import { visible } from '../visible.ts';
import { formatAge, formatAgo } from './age.ts';
import { isOfUnknown } from './asked-within.ts';
import type { CheckState } from './agent-state.ts';
import type { AskedWithin, LivePodExplanation } from './explain.ts';
import { formatHardware } from './hardware.ts';
import type { PodEvent } from './pod-events.ts';
import type { ContainerState, PodState } from './pod-state.ts';
import { row } from '../columns.ts';

/**
 * Writes what is known of a live Pod: what it carries, what its checks say now, what failed, and what could not be asked.
 * `shown` are the problems of its workload, which are written above it.
 */
export function formatPod(pod: LivePodExplanation, nowMs: number, shown: readonly string[]): string[] {
  const {
    name,
    sentence,
    state,
    checks,
    guesses = [],
    within = [],
    trial = [],
    events,
    problems,
    warnings = [],
    unanswered,
    hold,
    hardware,
  } = pod;
  return [
    row('newest Pod', `${name}: ${sentence}`),
    ...(hold && hold.livenessUntilMs > nowMs ? [row('  held', formatHeld(hold))] : []),
    ...(state.isReady === false ? [row('  not Ready', formatUnready(state, nowMs))] : []),
    ...checks.flatMap((check) => formatCheck(check, nowMs)),
    ...(hardware ? formatHardware(hardware, nowMs) : []),
    ...within.flatMap(formatWithin),
    ...state.troubled.map((container) => row('  container', formatContainerState(container, nowMs))),
    ...events.flatMap((event) => {
      const line = row('  event', formatEvent(event, nowMs));
      return isOfUnknown(event) ? [line, row('    so', unknownAdvice)] : [line];
    }),
    ...guesses.map((guess) => row('  guess', guess)),
    ...trial.map((line) => row('  trial', line)),
    ...warnings.map((warning) => row('  warning', warning)),
    ...formatProblems(problems, shown),
    ...unanswered.map((what) => row('  not known', what)),
  ];
}

function formatHeld({ livenessUntilMs, readinessUntilMs, reason, source }: Hold): string {
  const what = readinessUntilMs === undefined ? 'liveness is' : 'liveness and readiness are';
  const why = source === undefined ? reason : `${reason} of ${visible(source)}`;
  return `${what} held until ${utcTime(livenessUntilMs)}, whatever the checks say (${why})`;
}

const formatUnready = ({ since, message }: PodState, nowMs: number): string =>
  `since ${formatAge(nowMs - Date.parse(since ?? ''))}${message === '' ? '' : `: ${message}`}`;

const words: Readonly<Record<string, string>> = {
  pass: 'passes',
  alive: 'is alive and not ready',
  unknown: 'cannot tell',
  fail: 'fails',
};

function formatCheck(state: CheckState, nowMs: number): string[] {
  const { container, check, verdict, since, reason = '', failures } = state;
  const name = container === '' ? check : `${container}: ${check}`;
  const isPassing = verdict === 'pass';
  const now = verdict === undefined ? 'has no result yet' : (words[verdict] ?? '');
  const whence = since === undefined ? '' : ` since ${formatAge(nowMs - Date.parse(since))}`;
  const why = isPassing || reason === '' ? '' : `: ${reason}`;
  // Why it fails now stands in the line above.
  const earlier = failures.filter(({ at }) => at !== since);
  return [
    row('  check', `${name} ${now}${whence}${why}${formatRuns(state, nowMs)}`),
    ...(verdict === 'unknown' ? [row('    so', unknownAdvice)] : []),
    ...earlier.map(({ at, reason: was, verdict: word }) =>
      row('    before', `${formatAgo(at, nowMs)} ${words[word] ?? ''}: ${was}`),
    ),
  ];
}

const formatWithin = ({ container, checks, command }: AskedWithin): string[] => [
  row(
    '  check',
    `${container}: ${checks} is run in the container, and nothing is kept of a run that passes. Now it says:`,
  ),
  row('', command),
];

const formatProblems = (problems: readonly string[], shown: readonly string[]): string[] =>
  problems.length > 0 && problems.every((problem) => shown.includes(problem))
    ? [row('  it says', 'the same.')]
    : problems.map((problem) => row('  it says', problem));

/** docs/decisions/0018-unknown-hardware-passes.md */
const unknownAdvice =
  'an unknown reading passes, and guards nothing: give the Pod what the check reads, remove it, or add its option strict';

function formatRuns({ lastRun, durationMs, runs }: CheckState, nowMs: number): string {
  const total = Object.values(runs).reduce((sum, count) => sum + count, 0);
  const parts = [
    ...(lastRun === undefined ? [] : [`asked ${formatAgo(lastRun, nowMs)}`]),
    ...(durationMs === undefined ? [] : [`took ${formatMs(durationMs)}`]),
    ...(total === 0 ? [] : [`${runs['pass'] ?? 0} of ${total} runs passed`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

const formatMs = (ms: number): string => (ms < 10 ? `${Number(ms.toFixed(1))} ms` : `${Math.round(ms)} ms`);

function formatContainerState({ name, isReady, restarts, waiting, lastEnd }: ContainerState, nowMs: number): string {
  const often = restarts === 0 ? [] : [`was restarted ${timesText(restarts)}`];
  return `${name} ${[
    isReady ? 'is ready' : 'is not ready',
    ...(waiting === undefined ? [] : [`waits: ${waiting}`]),
    ...often,
    ...(lastEnd ? [`last ended ${formatAgo(lastEnd.at, nowMs)} with ${formatEnd(lastEnd)}`] : []),
  ].join(', ')}`;
}

/** Such as `exit code 137 (OOMKilled)`. */
export const formatEnd = ({ exitCode, reason }: NonNullable<ContainerState['lastEnd']>): string =>
  `exit code ${exitCode}${reason === '' ? '' : ` (${reason})`}`;

export const formatEvent = ({ reason, message, count, last }: PodEvent, nowMs: number): string =>
  `${reason}, ${formatAgo(last, nowMs)}${count > 1 ? `, ${count} times` : ''}: ${message}`;
