/** A plain object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** Where an object stands in its document. */
export type Path = readonly (string | number)[];

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy without the fields that are undefined, which no file can hold; no two parts of it are the same object. */
export function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isFields(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUndefined(item)]));
}
