import { parseRestartBudget } from '../../hold/settings.ts';
import type { RecordedStatus } from '../../inject/model/status.ts';

/** Of the Pods of an owner, how many percent may be restarted, by what the webhook noted in a Pod; 0 where there is no budget. */
export function recordedPercent(status: RecordedStatus | undefined): number {
  const text = status?.fields['restartBudget'];
  return (typeof text === 'string' ? parseRestartBudget(text) : undefined) ?? 0;
}

/** Of so many Pods; at least one. */
export const restartBudgetOf = (pods: number, percent: number): number =>
  Math.max(1, Math.floor((pods * percent) / 100));
