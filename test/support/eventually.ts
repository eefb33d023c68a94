/** A machine that does other work too may be this late with anything. */
const latestMs = 60_000;

/**
 * Looks every `intervalMs` until `look` gives something. It gives up after `ms`, but not before a minute has passed: how long
 * something takes is measured by `npm run bench`, and here only that it happens. Throws with the last thing that it gave up on.
 */
export async function eventually<T>(
  what: string,
  ms: number,
  look: () => Promise<T | false | undefined>,
  intervalMs = 25,
): Promise<T> {
  const limitMs = Math.max(ms, latestMs);
  const end = performance.now() + limitMs;
  let last: unknown = 'nothing';
  while (performance.now() < end) {
    try {
      const found = await look();
      if (found !== false && found !== undefined) return found;
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
  throw new Error(`${what}: not seen within ${limitMs} ms, last: ${last}`);
}
