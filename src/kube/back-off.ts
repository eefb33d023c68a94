/** How long to wait before the next try: more after each failure in a row, and never as long as somebody else. */
export type BackOff = { readonly nextMs: () => number; readonly reset: () => void };

/** Exponential back-off with full jitter, so that a fleet whose apiserver comes back does not come back as one. */
export function createBackOff(
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
  random: () => number = Math.random,
): BackOff {
  let limitMs = minMs;
  return {
    nextMs: () => {
      const waitMs = random() * limitMs;
      limitMs = Math.min(limitMs * 2, maxMs);
      return waitMs;
    },
    reset: () => (limitMs = minMs),
  };
}
