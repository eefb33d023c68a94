const tickMs = 100;

/** A timer may be this late on a busy machine without anything having stood still. */
const longestDelayMs = 250;

/** Knows whether this process itself stood still for a while. */
export type LoopMonitor = {
  /** True where the event loop stood still at some time since then, by `performance.now()`. */
  readonly stalledSince: (sinceMs: number) => boolean;
};

/** Watches the event loop until the signal; its timer keeps no process alive. */
export function monitorEventLoop(signal: AbortSignal): LoopMonitor {
  let lastTickMs = performance.now();
  let lastStallMs = Number.NEGATIVE_INFINITY;
  const isLate = (nowMs: number): boolean => nowMs - lastTickMs > tickMs + longestDelayMs;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (isLate(nowMs)) lastStallMs = nowMs;
    lastTickMs = nowMs;
  }, tickMs).unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return {
    stalledSince(sinceMs) {
      const nowMs = performance.now();
      return isLate(nowMs) || lastStallMs >= sinceMs;
    },
  };
}
