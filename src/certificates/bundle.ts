/** Since when something has been seen without a break, by a clock that never goes backwards. */
export type SeenSince = ReadonlyMap<string, number>;

/** What is seen now, with the time at which each was first seen. */
export const stillSeen = (seen: readonly string[], before: SeenSince, nowMs: number): SeenSince =>
  new Map(seen.map((each) => [each, before.get(each) ?? nowMs]));

/**
 * What the caBundle has to hold: what is needed, and what else is there until it has been unneeded for `graceMs`, since
 * another replica may have seen less than this one and serve a certificate of it still.
 */
export function wantedBundle(
  needed: readonly string[],
  { unneeded, nowMs, graceMs }: { readonly unneeded: SeenSince; readonly nowMs: number; readonly graceMs: number },
): readonly string[] {
  const spared = [...unneeded].filter(([, sinceMs]) => nowMs - sinceMs < graceMs).map(([pem]) => pem);
  return [...new Set([...needed, ...spared])];
}
