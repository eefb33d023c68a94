import type { Counter } from 'prom-client';

/**
 * Shows a counter with each of these values of a label from the start, beside its `others` labels. Prometheus sees no
 * increase in a series that appears at 1 and stays there, so an alert would miss the first failure.
 */
export function initCounterSeries<Label extends string>(
  counter: Counter<Label>,
  label: NoInfer<Label>,
  values: readonly string[],
  others: Partial<Record<NoInfer<Label>, string>> = {},
): void {
  for (const value of values) counter.inc({ ...others, [label]: value } as Partial<Record<Label, string>>, 0);
}
