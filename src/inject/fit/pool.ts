/** More different values than any cluster has templates for; full, a pool begins anew. */
const mostValues = 1_024;

/** A text that is longer is no template: it would be held as long as the pool. */
const longestKey = 4_096;

/** Gives one and the same value for one text, as long as the pool knows it; `make` has to depend on nothing but the text. */
export function createPool<T>(): (key: string, make: () => T) => T {
  const known = new Map<string, T>();
  return (key, make) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = make();
    if (key.length > longestKey) return value;
    if (known.size >= mostValues) known.clear();
    known.set(key, value);
    return value;
  };
}
