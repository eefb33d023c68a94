// https://kubernetes.io/docs/reference/using-api/cel/
// https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values

/**
 * Stands in a model Pod for the name of the container that is checked. An expression has the variable `container` in its
 * place, so that it holds for a container of any name.
 */
export const anyContainer = 'name-of-any-container';

/** An expression in lines, and the type that CEL finds for it. */
type Expression = { readonly lines: readonly string[]; readonly type: string };

const width = 100;

/**
 * Writes a value of JSON as an expression of CEL, in lines. Lists and maps of values that are not of one type have each
 * value as `dyn`, since CEL refuses them in Kubernetes otherwise. It never writes an `Object{}`: an apiserver of 1.36 stops
 * at one within a list (kubernetes#142181).
 */
export const celLines = (value: unknown): readonly string[] => expressionOf(value).lines;

/** Writes a text as an expression of CEL. */
export function celText(text: string): string {
  const parts = text.split(anyContainer).map((part) => (part === '' ? [] : [quotedText(part)]));
  const [first = [], ...others] = parts;
  const quoted = others.reduce((all, part) => all.concat('variables.container', part), first);
  return quoted.length === 0 ? '""' : quoted.join(' + ');
}

/** JSON escapes what CEL escapes, in the same way. */
function quotedText(text: string): string {
  const quoted = JSON.stringify(text.toWellFormed());
  const isPlain = text.includes('"') && !/['\\\p{Cc}]/u.test(text);
  return isPlain ? `'${text.toWellFormed()}'` : quoted;
}

function expressionOf(value: unknown): Expression {
  if (Array.isArray(value)) {
    const { items, type } = aligned(value.map(expressionOf));
    return { lines: enclosed('[', items, ']'), type: `list(${type})` };
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    const { items, type } = aligned(entries.map(([, item]) => expressionOf(item)));
    const fields = items.map((lines, index) => behind(`${celText(entries[index]?.[0] ?? '')}: `, lines));
    return { lines: enclosed('{', fields, '}'), type: `map(${type})` };
  }
  if (typeof value === 'string') return { lines: [celText(value)], type: 'string' };
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return { lines: [`${value}`], type: typeof value };
  throw new Error(`${String(value)} is no value of a Pod that is written as CEL`);
}

/** The items with one type. */
function aligned(items: readonly Expression[]): { readonly items: readonly (readonly string[])[]; type: string } {
  const types = new Set(items.map(({ type }) => type));
  const [type = ''] = types;
  if (types.size <= 1) return { items: items.map(({ lines }) => lines), type };
  return { items: items.map(({ lines }) => asDynamic(lines)), type: 'dyn' };
}

const asDynamic = (lines: readonly string[]): readonly string[] => before(behind('dyn(', lines), ')');

/** The lines with a text in front of the first. */
export const behind = (text: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, index) => (index === 0 ? text + line : line));

/** The lines with a text at the end of the last. */
export const before = (lines: readonly string[], text: string): readonly string[] =>
  lines.map((line, index) => (index === lines.length - 1 ? line + text : line));

/** A list or a map: in one line where it is short, else an item a line. */
export function enclosed(open: string, items: readonly (readonly string[])[], close: string): string[] {
  const short = `${open}${items.map(([only = '']) => only).join(', ')}${close}`;
  if (items.every(({ length }) => length === 1) && short.length <= width) return [short];
  return [
    open,
    ...items.flatMap((lines) => lines.map((line, index) => `  ${line}${index === lines.length - 1 ? ',' : ''}`)),
    close,
  ];
}
