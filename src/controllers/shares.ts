/** What all namespaces have in common: a room, which one of them alone must not fill. */
export type CommonRoom = {
  readonly size: number;
  /** How much of it one namespace may have. */
  readonly mostOfOne: number;
  /** How much of it is kept for namespaces that have nothing of it yet. */
  readonly reserve: number;
};

/** A quarter is kept, at least one, but not of a room for one. */
export const reserveOf = (size: number): number => (size < 2 ? 0 : Math.max(1, Math.floor(size / 4)));

/** A room in which what is taken stays for long: one namespace has half of it at most. */
export const lastingRoom = (size: number): CommonRoom => ({
  size,
  mostOfOne: Math.floor(size / 2),
  reserve: reserveOf(size),
});

/**
 * A room that empties itself with time, such as that of a brake: one namespace may have all but the reserve where another has
 * something to take, and else all.
 */
export const emptyingRoom = (size: number, isShared: boolean): CommonRoom => ({
  size,
  mostOfOne: size,
  reserve: isShared ? reserveOf(size) : 0,
});

/**
 * Why a namespace may not take so much more of a room: all of it is taken (`full`), or it has its share (`share`). The
 * first thing that a namespace takes goes into the reserve if need be, so no other namespace can keep it out alone.
 */
export function shareRefusal(
  { size, mostOfOne, reserve }: CommonRoom,
  { taken, own, cost }: { readonly taken: number; readonly own: number; readonly cost: number },
): 'full' | 'share' | undefined {
  if (taken + cost > size) return 'full';
  if (own === 0) return undefined;
  return own + cost > mostOfOne || taken + cost > size - reserve ? 'share' : undefined;
}

/** The items with one of each namespace in turn: where not all are served, each namespace is. Keeps the order within one. */
export function inTurns<T>(items: readonly T[], namespaceOf: (item: T) => string): T[] {
  const rounds: T[][] = [];
  const served = new Map<string, number>();
  for (const item of items) {
    const namespace = namespaceOf(item);
    const round = served.get(namespace) ?? 0;
    served.set(namespace, round + 1);
    (rounds[round] ??= []).push(item);
  }
  return rounds.flat();
}
