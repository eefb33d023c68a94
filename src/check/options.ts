import { type Refusal, quote, refuse } from './check.ts';
import { expectedOfHeaderName, mayBeSecret, refusalOfValue } from './headers.ts';
import { expectedOfKind, variableOf } from './kinds.ts';
import type { Scheme } from './schemes.ts';

type Options = {
  readonly values: ReadonlyMap<string, string>;
  readonly env: readonly string[];
  readonly files: readonly string[];
};

/** Reads `name=value&flag`, each value percent-decoded (`+` stays a plus) and of the kind that the scheme gives it. */
export function parseOptions(query: string, scheme: string, row: Scheme): Options | Refusal {
  const values = new Map<string, string>();
  const env: string[] = [];
  const files: string[] = [];
  for (const part of query === '' ? [] : query.split('&')) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    const kind = kindOf(name, scheme, row);
    if (typeof kind === 'object') return kind;
    if (values.has(name)) return refuse(`option ${name} is given twice`, 'once');
    const value = readValue(name, kind, equals < 0 ? '' : part.slice(equals + 1));
    if (typeof value === 'object') return value;
    values.set(name, value);
    if (kind === 'file') files.push(value);
    const variable = mayBeSecret(kind) ? variableOf(value) : undefined;
    if (variable !== undefined) env.push(variable);
  }
  return { values, env, files };
}

/** The kind of an option; that of a family such as `header.NAME` is known by what is in front of its dot. */
function kindOf(name: string, scheme: string, row: Scheme): string | Refusal {
  const dot = name.indexOf('.');
  const family = [...row.options].find(([option]) => dot >= 0 && option.startsWith(name.slice(0, dot + 1)));
  if (family) {
    const expected = expectedOfHeaderName(name.slice(dot + 1));
    return expected === undefined ? family[1] : refuse(`option is ${quote(name)}`, `${family[0]} with ${expected}`);
  }
  return row.options.get(name) ?? refuse(`option is ${quote(name)}`, `${known(row)} for ${scheme}`);
}

function readValue(name: string, kind: string, written: string): string | Refusal {
  // People write `min-free=5%`, not `5%25`.
  const plain = (kind === 'percent' || kind === 'space') && expectedOfKind(kind, written) === undefined;
  const value = plain ? written : decode(written);
  if (mayBeSecret(kind)) return refusalOfValue(name, kind, value) ?? value ?? '';
  if (value === undefined) return refuse(`option ${name} is ${quote(written)}`, 'percent-encoded UTF-8');
  const expected = expectedOfKind(kind, value);
  return expected === undefined ? value : refuse(`option ${name} is ${quote(value)}`, expected);
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
