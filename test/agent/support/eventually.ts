/** Waits until `look` gives something; throws with the last thing that it gave up on. */
export async function eventually<T>(what: string, ms: number, look: () => Promise<T | false>): Promise<T> {
  const end = Date.now() + ms;
  let last: unknown = 'nothing';
  while (Date.now() < end) {
    try {
      const found = await look();
      if (found !== false) return found;
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${what}: not seen within ${ms} ms, last: ${last}`);
}
