import { type Refusal, quote, refuse } from './check.ts';
import { expectedOfKind } from './kinds.ts';
import type { Scheme } from './schemes.ts';

type Options = { readonly values: ReadonlyMap<string, string>; readonly files: readonly string[] };

/** Reads `name=value&flag`, each value percent-decoded (`+` stays a plus) and of the kind that the scheme gives it. */
export function parseOptions(query: string, scheme: string, row: Scheme): Options | Refusal {
  const values = new Map<string, string>();
  const files: string[] = [];
  for (const part of query === '' ? [] : query.split('&')) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    const written = equals < 0 ? '' : part.slice(equals + 1);
    const kind = row.options.get(name);
    if (kind === undefined) return refuse(`option is ${quote(name)}`, `${known(row)} for ${scheme}`);
    if (values.has(name)) return refuse(`option ${name} is given twice`, 'once');
    // People write `min-free=5%`, not `5%25`.
    const plain = (kind === 'percent' || kind === 'space') && expectedOfKind(kind, written) === undefined;
    const value = plain ? written : decode(written);
    if (value === undefined) return refuse(`option ${name} is ${quote(written)}`, 'percent-encoded UTF-8');
    const expected = expectedOfKind(kind, value);
    if (expected !== undefined) return refuse(`option ${name} is ${quote(value)}`, expected);
    values.set(name, value);
    if (kind === 'file') files.push(value);
  }
  return { values, files };
}

function known(row: Scheme): string {
  const names = [...row.options.keys()].toSorted();
  return names.length === 0 ? 'none' : `one of ${names.join(', ')}`;
}

/** Decodes percent-encoded UTF-8; undefined where it is not. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
