/** The wait before the next try: longer after each failure in a row, until `reset`. */
export type Backoff = { readonly nextMs: () => number; readonly reset: () => void };

export type BackoffLimits = { readonly minMs: number; readonly maxMs: number };

/**
 * Exponential backoff with full jitter: each wait is a random time up to a limit, which doubles from `minMs` to `maxMs`.
 * Without the jitter all replicas would come back to a restarted apiserver in the same moment.
 */
export function createBackoff({ minMs, maxMs }: BackoffLimits, random: () => number = Math.random): Backoff {
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

/** Runs work with a bound on how much of it runs at once. */
export type Semaphore = <T>(work: () => Promise<T>) => Promise<T>;

/** A semaphore that starts waiting work in the order in which it was asked for. */
export function createSemaphore(count: number): Semaphore {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/** Each key has `burst` tokens and gets one back every `refillMs`; the buckets of at most `keys` keys are held. */
type TokenBucketLimits = { readonly burst: number; readonly refillMs: number; readonly keys: number };

/** Takes a token of a key, and returns whether there was one. */
type TokenBuckets = (key: string, nowMs: number) => boolean;

/** The key that was asked for least recently is forgotten first, and begins with a full bucket again. */
export function createTokenBuckets({ burst, refillMs, keys }: TokenBucketLimits): TokenBuckets {
  const buckets = new Map<string, { readonly tokens: number; readonly atMs: number }>();
  return (key, nowMs) => {
    const { tokens, atMs } = buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    const available = Math.min(burst, tokens + (nowMs - atMs) / refillMs);
    const isAllowed = available >= 1;
    buckets.delete(key);
    buckets.set(key, { tokens: isAllowed ? available - 1 : available, atMs: nowMs });
    for (const oldest of buckets.keys()) {
      if (buckets.size <= keys) break;
      buckets.delete(oldest);
    }
    return isAllowed;
  };
}

type SharedTokenBucketLimits = {
  /** What all take from, in the order in which they ask. */
  readonly common: TokenBucketLimits;
  /** What is kept for those that have asked for little lately, by `little`. */
  readonly reserve: TokenBucketLimits;
  readonly little: TokenBucketLimits;
};

/** Buckets that several have in common: one that asks without end leaves a token for another that asks now and then. */
export function createSharedTokenBuckets({
  common,
  reserve,
  little,
}: SharedTokenBucketLimits): (key: string, one: string, nowMs: number) => boolean {
  const takeCommon = createTokenBuckets(common);
  const takeReserve = createTokenBuckets(reserve);
  const takeLittle = createTokenBuckets(little);
  return (key, one, nowMs) => {
    const asksLittle = takeLittle(JSON.stringify([key, one]), nowMs);
    return takeCommon(key, nowMs) || (asksLittle && takeReserve(key, nowMs));
  };
}
