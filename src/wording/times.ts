/** A moment in UTC and whole seconds, as Kubernetes writes times: `2026-11-30T18:00:00Z`. */
export const utcTime = (timeMs: number): string => new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');

/** How often, as people say it: `once`, `3 times`. */
export const timesText = (count: number): string => (count === 1 ? 'once' : `${count} times`);
