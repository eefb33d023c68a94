import { bounded, visible } from '../visible.ts';

/** No text of an object that people look at has to be longer. */
const longestText = 1_024;

/** A value with each text in it cut and safe to look at: names, annotations and messages are those of strangers. */
export function cleaned<T>(value: T): T {
  if (typeof value === 'string') return visible(bounded(value, longestText)) as T;
  if (Array.isArray(value)) return value.map(cleaned) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, cleaned(each)])) as T;
}
