/** A time as people say it, such as `41 ms`, `1.2 s`, `70 s` or `3 days`. */
export function spokenSeconds(seconds: number): string {
  if (seconds < 1) return `${Math.max(Math.round(seconds * 1_000), 1)} ms`;
  if (seconds < 180) return `${Number(seconds.toFixed(1))} s`;
  for (const [unit, name] of units) {
    if (seconds >= 2 * unit) return `${Math.floor(seconds / unit)} ${name}`;
  }
  return `${Math.floor(seconds / 60)} minutes`;
}

const units = [
  [86_400, 'days'],
  [3_600, 'hours'],
] as const;
