/** Looks every `intervalMs` until `look` gives something; throws with the last thing that it gave up on. */
export async function eventually<T>(
  what: string,
  ms: number,
  look: () => Promise<T | false | undefined>,
  intervalMs = 25,
): Promise<T> {
  const end = Date.now() + ms;
  let last: unknown = 'nothing';
  while (Date.now() < end) {
    try {
      const found = await look();
      if (found !== false && found !== undefined) return found;
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
  throw new Error(`${what}: not seen within ${ms} ms, last: ${last}`);
}
