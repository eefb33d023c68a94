import type { CheckFact, Coverage, WorkloadFact } from './facts.ts';
import type { Report, TotalCost } from './report.ts';

/** What each kind of coverage is called. */
export const coverageWords: Readonly<Record<Coverage, string>> = {
  ours: 'checked by health-injector',
  own: 'own probes only',
  none: 'no probes',
};

export const coverages = ['ours', 'own', 'none'] as const satisfies readonly Coverage[];

/** Such as `redis: redis://:6379 by sidecar (liveness, readiness), a guess`. */
export const checkWords = ({ container, checks, pattern, probes, guess }: CheckFact): string =>
  `${container}: ${checks.join(' and ')} by ${pattern} (${probes.join(', ')})${guess === undefined ? '' : ', found by the image or port'}`;

/** What a workload has, would have, or why it has nothing, in a cell. */
export function outcomeWords(workload: WorkloadFact): string {
  const { checks, coverage, sentence, result, notes } = workload;
  const isChecked = result === 'injected' || result === 'already-injected';
  if (isChecked && checks.length > 0) return checks.map(checkWords).join('; ');
  const more =
    coverage === 'own' && result === 'not-asked' ? 'Its author wrote probes, and nothing asks for more.' : sentence;
  return [more, ...notes].join(' ');
}

/** A number for people: with commas, and at most one decimal. */
export const amount = (value: number): string => Number(value.toFixed(1)).toLocaleString('en-US');

export const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`;

/** Such as `2026-01-01 12:00 UTC`. */
export const dateWords = (iso: string): string =>
  Number.isNaN(Date.parse(iso)) ? iso : `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

export const costWords = ({ cpuMillis, memoryMebibytes, execsPerMinute, cpuSecondsPerHour }: TotalCost): string =>
  `Sidecars request ${amount(cpuMillis)}m of CPU and ${amount(memoryMebibytes)} MiB of memory. Probes run ${amount(execsPerMinute)} programs a minute in containers, and cost the nodes about ${amount(cpuSecondsPerHour)} s of CPU an hour.`;

/** The first sentences of a report. */
export function summary({ totals, isLive }: Report): string[] {
  const { workloads, namespaces, ours, own, none, couldBeChecked, missed, pods, ready } = totals;
  const has = isLive ? 'are' : 'would be';
  return [
    `Of ${amount(workloads)} workloads in ${amount(namespaces)} ${namespaces === 1 ? 'namespace' : 'namespaces'}, ${amount(ours)} (${percent(ours, workloads)}) ${has} checked by health-injector, ${amount(own)} have only probes of their own, and ${amount(none)} have none.`,
    ...(couldBeChecked > 0
      ? [`The pattern auto finds a check for ${amount(couldBeChecked)} of those that have none.`]
      : []),
    ...(isLive ? [`${amount(ready)} of ${amount(pods)} Pods are Ready.`] : []),
    ...(missed > 0
      ? [`${amount(missed)} Pods lack a check that is asked for: a restart of their workload adds it.`]
      : []),
  ];
}
