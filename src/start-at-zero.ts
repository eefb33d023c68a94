import type { Counter } from 'prom-client';

/**
 * Shows a counter with each of these labels from the start. To Prometheus a series that appears at 1 and stays there
 * has not increased, so the one failure that an alert is for would be the one that it does not see.
 */
export function startAtZero<Label extends string>(
  counter: Counter<Label>,
  labels: readonly Readonly<Record<Label, string>>[],
): void {
  for (const each of labels) counter.inc(each, 0);
}
