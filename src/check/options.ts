import { type Refusal, quote, refuse, refuseName } from './check.ts';
import { expectedOfHeaderName, mayBeSecret, refusalOfValue } from './headers.ts';
import { choicesOfKind, expectedOfKind, variableOf } from './kinds.ts';
import { suggest } from '../wording/suggest.ts';
import type { Scheme } from './schemes.ts';

type Options = {
  readonly values: ReadonlyMap<string, string>;
  readonly env: readonly string[];
  readonly files: readonly string[];
};

/** The page that lists schemes and their options. */
export const checksTable = 'README.md#checks';

/** Names within names of a value in JSON. */
const deepestPath = 16;

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

/** True for `header.X` and the option `header.NAME` of the table. */
export const isOfFamily = (name: string, option: string): boolean =>
  name.includes('.') && option.startsWith(name.slice(0, name.indexOf('.') + 1));

/** The kind of an option; that of a family such as `header.NAME` is known by what is in front of its dot. */
function kindOf(name: string, scheme: string, row: Scheme): string | Refusal {
  const family = [...row.options].find(([option]) => isOfFamily(name, option));
  if (family) {
    const expected = expectedOfRest(family[0], name.slice(name.indexOf('.') + 1));
    return expected === undefined ? family[1] : refuse(`option is ${quote(name)}`, `${family[0]} with ${expected}`);
  }
  return row.options.get(name) ?? unknownOption(name, scheme, row);
}

function unknownOption(name: string, scheme: string, row: Scheme): Refusal {
  const names = [...row.options.keys()].toSorted();
  const received = `option is ${quote(name)}`;
  if (names.length === 0) return refuse(received, `none for ${scheme}`);
  const list = { names, what: 'an option', of: scheme, page: checksTable, ...meantForApplication(name, names) };
  return refuseName(received, `one of ${names.join(', ')} for ${scheme}`, { name, list });
}

/** The query of a URL is ours, and the application has one of its own. */
const meantForApplication = (name: string, names: readonly string[]): { readonly meant?: string } =>
  names.includes('host-header') && suggest(name, names) === undefined
    ? { meant: `%3F in place of the question mark, where ${quote(name)} is for the application` }
    : {};

/** What was expected in place of `rest`, which stands where the table has NAME or PATH; undefined where it fits. */
function expectedOfRest(option: string, rest: string): string | undefined {
  if (option.endsWith('NAME')) return expectedOfHeaderName(rest);
  const steps = rest.split('.');
  const isPath = steps.every((step) => /^[A-Za-z0-9_%-]+$/.test(step) && decode(step) !== undefined);
  return isPath && steps.length <= deepestPath ? undefined : 'names joined by dots in place of PATH';
}

function readValue(name: string, kind: string, written: string): string | Refusal {
  // People write `min-free=5%`, not `5%25`.
  const plain = (kind === 'percent' || kind === 'space') && expectedOfKind(kind, written) === undefined;
  const value = plain ? written : decode(written);
  if (mayBeSecret(kind)) return refusalOfValue(name, kind, value) ?? value ?? '';
  if (value === undefined) return refuse(`option ${name} is ${quote(written)}`, 'percent-encoded UTF-8');
  const expected = expectedOfKind(kind, value);
  if (expected === undefined) return value;
  const received = `option ${name} is ${quote(value)}`;
  const names = choicesOfKind(kind);
  return names ? refuseName(received, expected, { name: value, list: { names } }) : refuse(received, expected);
}

/** Decodes percent-encoded UTF-8; undefined where it is not. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
