/** A plain object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** Where an object stands in its document. */
export type Path = readonly (string | number)[];

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The largest definition of a kind has 30,000 parts. */
const mostParts = 100_000;

/**
 * Looks through an object in the order of its text: `enter` is called with each value in it, and says whether to look into
 * that too. What is deeper than `mostDeep`, or behind very many parts, is left out.
 */
export function walkFields(root: Fields, mostDeep: number, enter: (value: unknown, path: Path) => boolean): void {
  let parts = 0;
  const look = (value: unknown, path: Path): void => {
    if (typeof value !== 'object' || value === null || path.length > mostDeep || ++parts > mostParts) return;
    for (const [key, item] of Object.entries(value)) {
      const below = [...path, Array.isArray(value) ? Number(key) : key];
      if (enter(item, below)) look(item, below);
    }
  };
  look(root, []);
}

/** A copy without the fields that are undefined, which no file can hold; no two parts of it are the same object. */
export function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isFields(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUndefined(item)]));
}
