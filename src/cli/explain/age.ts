/** A time as people say it, such as `3 min`; a clock that is behind gives no negative one. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** How long ago a time of the API was; `at an unknown time` for what is none. */
export function formatAgo(time: string | undefined, nowMs: number): string {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? 'at an unknown time' : `${formatAge(nowMs - ms)} ago`;
}
