/** How a kubelet asks: a start of 0 seconds is a liveness probe without a startup probe. */
export type Asking = {
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
  readonly startSeconds: number;
};

/** A server by what it does at each question: how long it starts, and how long each answer takes; Infinity is none. */
export type SimulatedServer = { readonly startSeconds: number; readonly answers: readonly number[] };

/** How often this way of asking has a server restarted in one life after the other, each of which begins anew. */
export function countRestarts(lives: readonly SimulatedServer[], asking: Asking): number {
  return lives.filter((life) => isRestarted(life, asking)).length;
}

function isRestarted({ startSeconds, answers }: SimulatedServer, asking: Asking): boolean {
  const { periodSeconds, timeoutSeconds, failureThreshold } = asking;
  if (asking.startSeconds > 0 && startSeconds > asking.startSeconds) return true;
  // With a startup probe liveness begins where the start has ended.
  const whileStarting = asking.startSeconds > 0 ? 0 : Math.floor(startSeconds / periodSeconds);
  const seconds = [...Array.from({ length: whileStarting }, () => Infinity), ...answers];
  let row = 0;
  for (const answer of seconds) {
    row = answer > timeoutSeconds ? row + 1 : 0;
    if (row >= failureThreshold) return true;
  }
  return false;
}
