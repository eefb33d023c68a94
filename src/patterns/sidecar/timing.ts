import type { Timing } from '../../health/timing.ts';

/** How often the sidecar checks and how long one check may take; a check is never longer than its period. */
export function checkTiming(timing: Timing): { readonly periodSeconds: number; readonly timeoutMs: number } {
  const periodSeconds = timing.periodSeconds ?? 10;
  return { periodSeconds, timeoutMs: Math.min(timing.timeoutMs ?? 1_000, periodSeconds * 1_000) };
}
