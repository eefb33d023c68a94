import { type Document, isCollection, isMap, isSeq } from 'yaml';
import { type Collection, entriesOf, isFlow } from './entries.ts';
import { column, linePrefix } from './lines.ts';
import type { BlockStyle, FlowStyle } from './print.ts';

/** How the blocks nearest to the innermost of these collections are indented; two columns where none says. */
export function blockStyle(text: string, around: readonly Collection[]): BlockStyle {
  const find = (isWanted: (value: unknown) => boolean): number | undefined =>
    around.reduceRight<number | undefined>((found, each) => found ?? indentIn(text, each, isWanted), undefined);
  const step = find(isMap) ?? 2;
  return { step, listOffset: find(isSeq) ?? step };
}

/** How far the first block of the wanted kind stands to the right of its key. */
function indentIn(text: string, collection: Collection, isWanted: (value: unknown) => boolean): number | undefined {
  const blocks = entriesOf(text, collection).flatMap(({ start, value }) =>
    isCollection(value) && !value.flow && value.items.length > 0 ? [{ start, value: value as Collection }] : [],
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
export function entryIndent(text: string, collection: Collection): string | undefined {
  const first = entriesOf(text, collection)[0];
  const prefix = first && linePrefix(text, first.start);
  return prefix?.trim() === '' && text.slice(collection.range?.[0], first?.start).includes('\n') ? prefix : undefined;
}

/** How a new entry of this collection, which is in braces or brackets, is written: as the rest of its document is. */
export function flowStyle(text: string, document: Document, collection: Collection, newline: string): FlowStyle {
  const root = document.contents as Collection;
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
function paddingOf(text: string, collection: Collection): string {
  const map = isMap(collection) ? collection : collection.items.find((item) => isMap(item));
  return map?.range && map.items.length > 0 && text[map.range[0] + 1] !== ' ' ? '' : ' ';
}
