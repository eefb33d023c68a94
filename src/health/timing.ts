import { parseDuration } from '../check/kinds.ts';
import type { Key } from './annotations.ts';
import type { Problem } from './problem.ts';
import { readValue } from './read-value.ts';
import type { Entry } from './written.ts';

/** How often and how patiently to check; what the user left out is undefined, and each pattern has its default. */
export type Timing = {
  readonly periodSeconds?: number;
  readonly timeoutMs?: number;
  readonly initialDelaySeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
  readonly terminationGracePeriodSeconds?: number;
};

/** Reads the durations and counts of one container. */
export function readTiming(find: (key: Key) => Entry | undefined, problems: Problem[]): Timing {
  const read = <T>(key: Key, parse: (value: string) => T | undefined, expected: string): T | undefined =>
    readValue(find(key), parse, expected, problems);
  const seconds = 'whole seconds such as 10s or 1m30s';
  const count = 'a count from 1 to 1000';
  const timing = {
    periodSeconds: read('period', parseSeconds, seconds),
    timeoutMs: read('timeout', parseDuration, 'a duration such as 1s or 500ms'),
    initialDelaySeconds: read('initial-delay', (value) => (value === '0s' ? 0 : parseSeconds(value)), seconds),
    failureThreshold: read('failure-threshold', parseCount, count),
    successThreshold: read('success-threshold', parseCount, count),
    terminationGracePeriodSeconds: read('termination-grace-period', parseSeconds, seconds),
  };
  return Object.fromEntries(Object.entries(timing).filter(([, value]) => value !== undefined));
}

function parseSeconds(value: string): number | undefined {
  const durationMs = parseDuration(value);
  return durationMs !== undefined && durationMs % 1_000 === 0 ? durationMs / 1_000 : undefined;
}

const parseCount = (value: string): number | undefined =>
  /^[1-9]\d{0,3}$/.test(value) && Number(value) <= 1_000 ? Number(value) : undefined;
