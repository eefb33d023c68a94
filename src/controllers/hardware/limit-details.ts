import { utcTime } from '../../wording/times.ts';

/** When one thing that a limit counts began, and its name. */
export type Counted = { readonly name: string; readonly atMs: number };

/** More names do not fit into an Event. */
const mostNames = 8;

/** No name that Kubernetes takes is longer. */
const longestName = 253;

/**
 * Says what fills a limit over a window of time, and from when there is room again: `2 of 2 nodes (10% of 25) in 10m: a, b; one
 * more from 2026-01-01T10:00:00Z`.
 */
export function limitDetail(
  counted: readonly Counted[],
  { most, what, windowMs }: { readonly most: number; readonly what: string; readonly windowMs: number },
): string {
  const inOrder = counted.toSorted((one, other) => one.atMs - other.atMs || (one.name < other.name ? -1 : 1));
  const names = inOrder.slice(0, mostNames).map(({ name }) => name.slice(0, longestName));
  const more = inOrder.length - names.length;
  const listed = `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  // As many have to leave the window as are in it beyond one less than it takes.
  const last = inOrder[Math.max(0, inOrder.length - most)];
  const until = last && `; one more from ${utcTime(last.atMs + windowMs)}`;
  return `${counted.length} of ${most} ${what} in ${Math.round(windowMs / 60_000)} minutes${listed === '' ? '' : `: ${listed}`}${until ?? ''}`;
}
