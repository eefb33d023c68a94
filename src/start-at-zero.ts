import type { Counter } from 'prom-client';

/**
 * Shows a counter with each of these values of a label from the start, beside what its other labels are. To Prometheus a
 * series that appears at 1 and stays there has not increased, so the one failure that an alert is for would be the one
 * that it does not see.
 */
export function startAtZero<Label extends string>(
  counter: Counter<Label>,
  label: NoInfer<Label>,
  values: readonly string[],
  others: Partial<Record<NoInfer<Label>, string>> = {},
): void {
  for (const value of values) counter.inc({ ...others, [label]: value } as Partial<Record<Label, string>>, 0);
}
