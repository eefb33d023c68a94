/** What the administrator lets hold: where neither is on, a Pod gets nothing by which it could be held. */
export type HoldSettings = {
  /** How long a pause may last; 0 where there is none. */
  readonly maxPauseMs: number;
  /** Of an owner's Pods, how many percent our liveness may restart in ten minutes, at least one Pod; 0 where that is not bounded. */
  readonly restartBudgetPercent: number;
};

export const restartBudgetExpected = 'off, or a percentage from 1% to 100%';

/** Percent; 0 for `off`, and undefined for all else. */
export function parseRestartBudget(text: string): number | undefined {
  if (text === 'off') return 0;
  const [, percent] = /^([1-9]\d?|100)%$/.exec(text) ?? [];
  return percent === undefined ? undefined : Number(percent);
}

/** The window of the restart budget: no hold of it lasts longer. */
const restartBudgetWindowMs = 10 * 60_000;

/** How far away the end of a hold may be for the agent. */
export const longestHoldMs = ({ maxPauseMs, restartBudgetPercent }: HoldSettings): number =>
  Math.max(maxPauseMs, restartBudgetPercent > 0 ? restartBudgetWindowMs : 0);
