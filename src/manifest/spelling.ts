import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from 'yaml';
import { type Collection, type Entry, entriesOf } from './entries.ts';
import { column } from './lines.ts';
import { reading } from './reading.ts';

/** True where an entry may end in `spelling` from its key on, and then means `wanted` and nothing more. */
export function isSpelling(
  text: string,
  { key: name, start, keyEnd }: Entry,
  isInFlow: boolean,
  spelling: string,
  wanted: unknown,
): boolean {
  const key = text.slice(start, keyEnd);
  // The key stands at its own column, since that decides how far the lines below it have to be indented.
  const source = isInFlow ? `{${key}${spelling}\n}` : `${' '.repeat(column(text, start))}${key}${spelling}`;
  const document = parseDocument(source, reading);
  const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
  if (!isDeepStrictEqual(value, { [name]: wanted })) return false;
  const [entry] = entriesOf(source, document.contents as unknown as Collection);
  return entry?.end === source.length - (isInFlow ? 2 : 0);
}
