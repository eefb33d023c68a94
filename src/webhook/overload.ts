/** How often the event loop is asked to be on time. */
const tickMs = 100;

/** How long the loop has to be well on time before reviews are answered in full again. */
const calmMs = 1_000;

/** Tells whether what waits has waited for so long that it is better turned away. */
export type Overload = {
  readonly isOver: (nowMs: number) => boolean;
  /** To be called every `tickMs`; how late it is called is what is measured. */
  readonly tick: (nowMs: number) => void;
};

/**
 * Measures how far the event loop is behind. All work is done in the turn that it is read in, so what waits does so in
 * the sockets, for about one turn of the loop, and a late timer is the only sign of it. It is over where two turns in a row
 * took longer than `behindMs`, since one may be a pause of the machine, or where the present one takes twice as long;
 * and no more once every turn of a second took less than half of it. 0 is never.
 */
export function createOverload(behindMs: number, startMs: number, changed: (isOver: boolean) => void): Overload {
  let last = startMs;
  let longTurns = 0;
  let calmSince = startMs;
  let over = false;
  const become = (next: boolean): void => {
    over = next;
    changed(next);
  };
  const lagAt = (nowMs: number): number => Math.max(0, nowMs - last - tickMs);
  return {
    isOver: (nowMs) => behindMs > 0 && (over || lagAt(nowMs) >= 2 * behindMs),
    tick(nowMs) {
      const lag = lagAt(nowMs);
      last = nowMs;
      if (behindMs === 0) return;
      longTurns = lag >= behindMs ? longTurns + 1 : 0;
      if (lag >= behindMs / 2) calmSince = nowMs;
      if (!over && longTurns >= 2) become(true);
      else if (over && nowMs - calmSince >= calmMs) become(false);
    },
  };
}

/** Calls `tick` until the call that it returns; it keeps no process alive. */
export function keepTicking({ tick }: Overload): () => void {
  const timer = setInterval(() => tick(performance.now()), tickMs).unref();
  return () => clearInterval(timer);
}
