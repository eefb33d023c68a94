/** Wakes one who waits; what rings before is not lost. */
export type Bell = {
  readonly ring: () => void;
  /** Resolves when it rings, after `ms`, or when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** A bell that has not rung. */
export function createBell(): Bell {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      hasRung = true;
      wake?.();
    },
    async wait(ms, signal) {
      if (!hasRung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => wake?.(), ms);
          wake = (): void => {
            clearTimeout(timer);
            signal.removeEventListener('abort', resolveOnAbort);
            resolve();
          };
          const resolveOnAbort = (): void => wake?.();
          signal.addEventListener('abort', resolveOnAbort);
        });
        wake = undefined;
      }
      hasRung = false;
    },
  };
}
