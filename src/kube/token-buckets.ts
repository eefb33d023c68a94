/** How much may happen at once, how long until one more may, and of how many keys this is remembered. */
export type BucketLimits = { readonly burst: number; readonly refillMs: number; readonly keys: number };

/** Says for each key whether one more may happen now; the keys that were asked for least lately are forgotten. */
export function createTokenBuckets({ burst, refillMs, keys }: BucketLimits): (key: string, nowMs: number) => boolean {
  const buckets = new Map<string, { readonly tokens: number; readonly atMs: number }>();
  return (key, nowMs) => {
    const { tokens, atMs } = buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    const there = Math.min(burst, tokens + (nowMs - atMs) / refillMs);
    const isAllowed = there >= 1;
    buckets.delete(key);
    buckets.set(key, { tokens: isAllowed ? there - 1 : there, atMs: nowMs });
    for (const oldest of buckets.keys()) {
      if (buckets.size <= keys) break;
      buckets.delete(oldest);
    }
    return isAllowed;
  };
}
