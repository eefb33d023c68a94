import { formatDuration, parseDuration } from '../../check/kinds.ts';
import { longestHoldMs, parseRestartBudget, restartBudgetExpected } from '../../hold/settings.ts';
import type { FindValue, GenericKey } from './annotations.ts';
import { patternNames, patternOf } from '../patterns/index.ts';
import { type Collector, readName, readValue } from '../model/problems.ts';
import type { AnnotationMap, HealthIntent, ReadingContext, Timing } from '../model/intent.ts';

/** What the key `delivery` takes. */
export const deliveries = ['init-container', 'image-volume'] as const;
const cpu = /^(\d{1,3}(\.\d{1,3})?|\d{1,5}m)$/;
const memory = /^\d{1,9}(Ki|Mi|Gi|k|M|G)?$/;
const imageReference = /^[a-z0-9][a-zA-Z0-9._:/-]*(@sha256:[0-9a-f]{64})?$/;

/** Reads the keys that speak of the whole Pod, the patterns' own included. */
export function readPodSettings(
  pod: AnnotationMap,
  context: ReadingContext,
  collector: Collector,
): Omit<HealthIntent, 'containers' | 'chosenContainer'> {
  const read = <T>(key: GenericKey | 'image' | 'trial', parse: (value: string) => T | undefined, expected: string) =>
    readValue(pod.get(key), parse, expected, collector);
  const budget = read('restart-budget', parseRestartBudget, restartBudgetExpected);
  return {
    holds: holdIntent(budget, context),
    healthPort: read('health-port', parsePort, 'a number from 1024 to 65535'),
    cpu: read('cpu', quantity(cpu), 'a quantity such as 20m'),
    memory: read('memory', quantity(memory), 'a quantity such as 16Mi'),
    delivery: readName(pod.get('delivery'), deliveries, collector) ?? 'init-container',
    isTrial: read('trial', (value) => value === 'true' || undefined, 'true (in quotes), or no such key') ?? false,
    image:
      read(
        'image',
        (value) => (context.allowImage && value.length <= 512 && imageReference.test(value) ? value : undefined),
        context.allowImage ? 'an image reference' : 'none: the administrator does not allow an image by annotation',
      ) ?? context.agentImage,
    options: new Map(patternNames.map((name) => [name, patternOf(name).readOptions?.(pod, context, collector)])),
  };
}

/** Where the administrator has switched the budget off, nobody would spend the one of a key. */
function holdIntent(budget: number | undefined, { holds, prefix }: ReadingContext): HealthIntent['holds'] {
  const restartBudgetPercent = holds.restartBudgetPercent === 0 ? 0 : (budget ?? holds.restartBudgetPercent);
  const settings = { ...holds, restartBudgetPercent };
  const longestMs = longestHoldMs(settings);
  return longestMs === 0 ? undefined : { prefix, longestMs, restartBudgetPercent };
}

/** Below 1024 a container without privileges could not listen. */
const parsePort = (value: string): number | undefined =>
  /^\d{4,5}$/.test(value) && Number(value) >= 1024 && Number(value) <= 65_535 ? Number(value) : undefined;

const quantity = (form: RegExp) => (value: string) =>
  form.test(value) && Number.parseFloat(value) > 0 ? value : undefined;

/** Reads the durations and counts of one container. */
export function readTiming(find: FindValue, collector: Collector): Timing {
  const read = <T>(key: GenericKey, parse: (value: string) => T | undefined, expected: string): T | undefined =>
    readValue(find(key), parse, expected, collector);
  const seconds = 'whole seconds such as 10s or 1m30s';
  const count = 'a count from 1 to 1000';
  const timing = {
    periodSeconds: read('period', parseSeconds, seconds),
    timeoutMs: read('timeout', parseTimeout, 'a duration such as 1s or 500ms'),
    initialDelaySeconds: read('initial-delay', (value) => (value === '0s' ? 0 : parseSeconds(value)), seconds),
    startupTimeoutSeconds: read('startup-timeout', parseSeconds, seconds),
    failureThreshold: read('failure-threshold', parseCount, count),
    successThreshold: read('success-threshold', parseCount, count),
    terminationGracePeriodSeconds: read('termination-grace-period', parseSeconds, seconds),
  };
  return Object.fromEntries(Object.entries(timing).filter(([, value]) => value !== undefined));
}

/** More does not fit into the agent's durations, or into the fields of a probe. */
const mostSeconds = 999_999;

function parseSeconds(value: string): number | undefined {
  const durationMs = parseDuration(value);
  const isWhole = durationMs !== undefined && durationMs % 1_000 === 0 && durationMs <= mostSeconds * 1_000;
  return isWhole ? durationMs / 1_000 : undefined;
}

/** One that can be written again for the agent, which takes a number of six digits at most. */
function parseTimeout(value: string): number | undefined {
  const durationMs = parseDuration(value);
  const isShort = durationMs !== undefined && durationMs <= mostSeconds * 1_000;
  return isShort && parseDuration(formatDuration(durationMs)) === durationMs ? durationMs : undefined;
}

const parseCount = (value: string): number | undefined =>
  /^[1-9]\d{0,3}$/.test(value) && Number(value) <= 1_000 ? Number(value) : undefined;
