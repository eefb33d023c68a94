// https://yaml.org/spec/1.2.2/
import { type Document, isCollection, isMap, isSeq, stringify } from 'yaml';
import { type Fields, isFields } from './fields.ts';
import { type YamlCollection, column, entriesOf, isFlow, linePrefix } from './entries.ts';

/** How far the fields of a map, and the dashes of a list, stand to the right of the key that holds them. */
export type BlockStyle = { readonly step: number; readonly listOffset: number };

/** How maps and lists in braces are written; with `step` every entry has a line of its own. */
export type FlowStyle = {
  readonly isJson: boolean;
  readonly colon: string;
  readonly comma: string;
  readonly padding: string;
  readonly newline: string;
  readonly step?: string;
};

/** The lines of a field of a map in block style. */
export function fieldLines(key: string, value: unknown, style: BlockStyle): string[] {
  const name = scalar(key);
  const isList = Array.isArray(value);
  if (isFilled(value)) return [`${name}:`, ...indent(valueLines(value, style), isList ? style.listOffset : style.step)];
  if (typeof value === 'string' && /^\S.*[^\s](\n\S.*[^\s])+\n?$/.test(value) && !unprintable.test(value)) {
    const [header, text] = value.endsWith('\n') ? ['|', value.slice(0, -1)] : ['|-', value];
    return [`${name}: ${header}`, ...indent(text.split('\n'), style.step)];
  }
  return [`${name}: ${scalar(value)}`];
}

/** The lines of an item of a list in block style. */
export function itemLines(value: unknown, style: BlockStyle): string[] {
  const [first = '', ...others] = valueLines(value, style);
  return [`- ${first}`, ...indent(others, 2)];
}

function valueLines(value: unknown, style: BlockStyle): string[] {
  if (!isFilled(value)) return [scalar(value)];
  if (isFields(value)) return Object.entries(value).flatMap(([key, item]) => fieldLines(key, item, style));
  return value.flatMap((item) => itemLines(item, style));
}

const indent = (lines: readonly string[], by: number): string[] => lines.map((line) => ' '.repeat(by) + line);

/** A field of a map in braces; `at` is what stands before it on its line. */
export const flowField = (key: string, value: unknown, style: FlowStyle, at: string): string =>
  `${flowScalar(key, style)}:${style.colon}${flowValue(value, style, at)}`;

/** A value within braces or brackets; `at` is what stands before its entry on the line. */
export function flowValue(value: unknown, style: FlowStyle, at: string): string {
  if (!isFilled(value)) return flowScalar(value, style);
  const { newline, step } = style;
  const inner = step === undefined ? '' : at + step;
  const entries = isFields(value)
    ? Object.entries(value).map(([key, item]) => flowField(key, item, style, inner))
    : value.map((item) => flowValue(item, style, inner));
  const [open, close] = isFields(value) ? ['{', '}'] : ['[', ']'];
  if (step !== undefined)
    return `${open}${newline}${inner}${entries.join(`,${newline}${inner}`)}${newline}${at}${close}`;
  const padding = isFields(value) ? style.padding : '';
  return `${open}${padding}${entries.join(`,${style.comma}`)}${padding}${close}`;
}

function flowScalar(value: unknown, { isJson }: FlowStyle): string {
  if (isJson) return typeof value === 'string' ? doubleQuoted(value) : JSON.stringify(value);
  const text = scalar(value);
  return typeof value === 'string' && !/^['"]/.test(text) && /[[\]{},:?]/.test(value) ? doubleQuoted(value) : text;
}

/** A scalar on one line, or an empty map or list; what YAML 1.1, which Kubernetes reads, takes for no string is quoted. */
export function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  if (value.includes('\n') || unprintable.test(value) || value === '=') return doubleQuoted(value);
  const singleQuote = value.includes('"');
  return stringify(value, { compat: 'yaml-1.1', lineWidth: 0, singleQuote }).replace(/\n$/, '');
}

/** The same text written as another scalar is: its quotes are kept where they can be. */
export function scalarLike(source: string, value: unknown, otherwise: (value: unknown) => string): string {
  if (typeof value !== 'string' || value.includes('\n') || unprintable.test(value)) return otherwise(value);
  if (source.startsWith('"')) return doubleQuoted(value);
  return source.startsWith("'") ? `'${value.replaceAll("'", "''")}'` : otherwise(value);
}

/** What a YAML reader may refuse or change where it stands as it is. */
const unprintable = /[^\P{Cc}\t\n]|[\p{Cs}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]/u;

const doubleQuoted = (value: string): string =>
  JSON.stringify(value).replaceAll(
    new RegExp(unprintable, 'gu'),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** True for a map or list that holds something. */
export const isFilled = (value: unknown): value is Fields | readonly unknown[] =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** How the blocks nearest to the innermost of these collections are indented; two columns where none says. */
export function blockStyle(text: string, around: readonly YamlCollection[]): BlockStyle {
  const find = (isWanted: (value: unknown) => boolean): number | undefined =>
    around.reduceRight<number | undefined>((found, each) => found ?? indentIn(text, each, isWanted), undefined);
  const step = find(isMap) ?? 2;
  return { step, listOffset: find(isSeq) ?? step };
}

/** How far the first block of the wanted kind stands to the right of its key. */
function indentIn(text: string, collection: YamlCollection, isWanted: (value: unknown) => boolean): number | undefined {
  const blocks = entriesOf(text, collection).flatMap(({ start, value }) =>
    isCollection(value) && !value.flow && value.items.length > 0 ? [{ start, value: value as YamlCollection }] : [],
  );
  for (const { start, value } of isMap(collection) ? blocks : []) {
    if (isWanted(value)) return column(text, entriesOf(text, value)[0]?.start ?? start) - column(text, start);
  }
  for (const { value } of blocks) {
    const found = indentIn(text, value, isWanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What stands before the entries of a collection that has a line for each; undefined where they share lines. */
export function entryIndent(text: string, collection: YamlCollection): string | undefined {
  const first = entriesOf(text, collection)[0];
  // A whole file of JSON may be one line: it is not searched for its start each time.
  if (!first || !text.slice(collection.range?.[0], first.start).includes('\n')) return undefined;
  const prefix = linePrefix(text, first.start);
  return prefix.trim() === '' ? prefix : undefined;
}

/** How a new entry of this collection, which is in braces or brackets, is written: as the rest of its document is. */
export function flowStyle(
  { text, document, newline }: { readonly text: string; readonly document: Document; readonly newline: string },
  collection: YamlCollection,
): FlowStyle {
  const root = document.contents as YamlCollection;
  const [first, second] = entriesOf(text, root);
  const isJson = isFlow(root) && text[first?.start ?? 0] === '"';
  if (!isJson) return { isJson, colon: ' ', comma: ' ', padding: paddingOf(text, collection), newline };
  const step = entryIndent(text, collection) === undefined ? undefined : entryIndent(text, root);
  const gap = first && second ? text.slice(first.end + 1, second.start) : ' ';
  return {
    isJson,
    colon: first ? text.slice(first.colonEnd, first.value?.range?.[0]) : ' ',
    comma: gap.includes('\n') ? ' ' : gap,
    padding: '',
    newline,
    ...(step === undefined ? {} : { step }),
  };
}

/** What stands inside of the braces of this map, or of the first map in this list. */
function paddingOf(text: string, collection: YamlCollection): string {
  const map = isMap(collection) ? collection : collection.items.find((item) => isMap(item));
  return map?.range && map.items.length > 0 && text[map.range[0] + 1] !== ' ' ? '' : ' ';
}
