/** What one body holds of the budget. */
export type Share = {
  /** Takes so many bytes more, for which whoever holds the most gives way where there is no room: perhaps this very body. */
  readonly take: (bytes: number) => void;
  readonly giveBack: () => void;
};

/** The memory that all bodies have together while they are read. */
export type BodyBudget = {
  /** Begins a share of nothing; `giveWay` is called at most once, when it has lost all that it held. */
  readonly share: (giveWay: () => void) => Share;
  readonly heldBytes: () => number;
};

type Holder = { bytes: number; readonly giveWay: () => void };

/**
 * Keeps all bodies that are being read within `mostBytes`. Whoever holds the most gives way, rather than whoever comes last: else a
 * few clients that hold large bodies would keep out every Pod, whose review is small.
 */
export function createBodyBudget(mostBytes: number): BodyBudget {
  const holders = new Set<Holder>();
  let held = 0;
  const remove = (holder: Holder): boolean => {
    if (!holders.delete(holder)) return false;
    held -= holder.bytes;
    return true;
  };
  return {
    heldBytes: () => held,
    share(giveWay) {
      const own: Holder = { bytes: 0, giveWay };
      holders.add(own);
      return {
        take(bytes) {
          if (!holders.has(own)) return;
          own.bytes += bytes;
          held += bytes;
          if (held <= mostBytes) return;
          // One is enough: it holds no less than what was just taken.
          const largest = largestOf(holders);
          remove(largest);
          largest.giveWay();
        },
        giveBack: () => void remove(own),
      };
    },
  };
}

const largestOf = (holders: ReadonlySet<Holder>): Holder =>
  [...holders].reduce((largest, each) => (each.bytes > largest.bytes ? each : largest));
