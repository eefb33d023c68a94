// https://eemeli.org/yaml/#content-nodes
import { isDeepStrictEqual } from 'node:util';
import { type Node, type Pair, type YAMLMap, type YAMLSeq, isCollection, isMap, isScalar } from 'yaml';
import { valueOf } from './values.ts';
import { parseYaml } from './yaml.ts';

/** A map or list of a document, in block or flow style. */
export type YamlCollection = YAMLMap | YAMLSeq;

/** Where one entry of a map or list stands in the text; for an item of a list, `keyEnd` is its start. */
export type YamlEntry = {
  readonly key: string;
  readonly start: number;
  readonly keyEnd: number;
  readonly colonEnd: number;
  readonly end: number;
  readonly value: Node | null;
};

/** True where a collection is written with braces or brackets. */
export const isFlow = (collection: YamlCollection): boolean => collection.flow === true;

/** The entries of a collection in the order of the text; the document has to be read with its source tokens. */
export function entriesOf(text: string, collection: YamlCollection): YamlEntry[] {
  return isMap(collection)
    ? collection.items.map((pair) => pairEntry(text, pair as Pair<Node | null, Node | null>))
    : itemEntries(text, collection);
}

function pairEntry(text: string, pair: Pair<Node | null, Node | null>): YamlEntry {
  const { start: before = [], sep = [] } = pair.srcToken ?? {};
  const first = before.find(({ type }) => !['space', 'newline', 'comment', 'comma'].includes(type));
  const colon = sep.find(({ type }) => type === 'map-value-ind');
  const keyRange = pair.key?.range ?? [colon?.offset ?? 0, colon?.offset ?? 0];
  const colonEnd = colon ? colon.offset + 1 : keyRange[1];
  return {
    key: isScalar(pair.key) ? String(pair.key.value ?? '') : '',
    start: first?.offset ?? keyRange[0],
    keyEnd: keyRange[1],
    colonEnd,
    value: pair.value,
    // Only when asked for, since it lies as deep as the tree below.
    get end() {
      return endOf(text, pair.value) ?? colonEnd;
    },
  };
}

function itemEntries(text: string, list: YAMLSeq): YamlEntry[] {
  const { srcToken } = list;
  const dashes =
    srcToken?.type === 'block-seq'
      ? srcToken.items.flatMap(({ start }) => start.filter(({ type }) => type === 'seq-item-ind'))
      : [];
  return (list.items as Node[]).map((value, index) => {
    const dash = dashes[index];
    const start = dash?.offset ?? value.range?.[0] ?? 0;
    const item = { key: `${index}`, start, keyEnd: start, colonEnd: start, value };
    return Object.defineProperty(item as YamlEntry, 'end', { get: () => endOf(text, value) ?? start + 1 });
  });
}

/** Where the text of a value ends, without the comments and empty lines below it; undefined where it is no text. */
function endOf(text: string, node: Node | null): number | undefined {
  if (!node?.range || (isScalar(node) && node.range[0] === node.range[1])) return undefined;
  const [start, end] = node.range;
  if (isCollection(node) && !node.flow) return entriesOf(text, node as YamlCollection).at(-1)?.end;
  if (!isScalar(node) || (node.type !== 'BLOCK_LITERAL' && node.type !== 'BLOCK_FOLDED')) return end;
  const source = text.slice(start, end);
  // Only with `+` are the empty lines at its end part of the value.
  const kept = /^[|>]\d?\+/.test(source) ? withoutLineBreak(source) : withoutLineBreaks(source);
  return start + kept.length;
}

const withoutLineBreak = (text: string): string =>
  text.endsWith('\n') ? text.slice(0, text.endsWith('\r\n') ? -2 : -1) : text;

function withoutLineBreaks(text: string): string {
  let rest = text;
  while (rest.endsWith('\n')) rest = withoutLineBreak(rest);
  return rest;
}

/** True where an entry may end in `spelling` from its key on, and then means `wanted` and nothing more. */
export function isSpelling(
  text: string,
  { key: name, start, keyEnd }: YamlEntry,
  { isInFlow, spelling, wanted }: { readonly isInFlow: boolean; readonly spelling: string; readonly wanted: unknown },
): boolean {
  const key = text.slice(start, keyEnd);
  // The key stands at its own column, since that decides how far the lines below it have to be indented.
  const source = isInFlow ? `{${key}${spelling}\n}` : `${' '.repeat(column(text, start))}${key}${spelling}`;
  const { document, error } = parseYaml(source);
  const read = valueOf(document);
  if (error || read.mistake !== undefined || !isDeepStrictEqual(read.value, { [name]: wanted })) return false;
  const [entry] = entriesOf(source, document.contents as unknown as YamlCollection);
  return entry?.end === source.length - (isInFlow ? 2 : 0);
}

/** The offset at which the line of `offset` starts. */
export const lineStart = (text: string, offset: number): number =>
  offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;

/** The offset at which the line of `offset` ends, in front of its line break. */
export function lineEnd(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  if (found < 0) return text.length;
  return found > offset && text[found - 1] === '\r' ? found - 1 : found;
}

/** The end of the line before that of `offset`; 0 on the first line. */
export function previousLineEnd(text: string, offset: number): number {
  const start = lineStart(text, offset);
  return start === 0 ? 0 : lineEnd(text, lineStart(text, start - 1));
}

/** How far `offset` is from the start of its line. */
export const column = (text: string, offset: number): number => offset - lineStart(text, offset);

/** What stands before `offset` on its line. */
export const linePrefix = (text: string, offset: number): string => text.slice(lineStart(text, offset), offset);
