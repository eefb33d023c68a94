import { isDeepStrictEqual } from 'node:util';
import { type Document, type Node, isAlias, isCollection, isMap, isScalar } from 'yaml';
import type { Sources } from '../inject/status.ts';
import { arrangeBlock, arrangeFlow, insertLines, removeLines } from './arrange.ts';
import { type Collection, type Entry, entriesOf, isFlow } from './entries.ts';
import { column, lineEnd } from './lines.ts';
import { fieldLines, flowField, flowValue, itemLines, scalar, scalarLike } from './print.ts';
import { isSpelling } from './spelling.ts';
import type { Splice } from './splice.ts';
import { blockStyle, entryIndent, flowStyle } from './style.ts';
import { type Fields, isFields, isFilled, matchItems } from './value.ts';

/** Where an object stands in its document. */
export type Path = readonly (string | number)[];

/** What it takes to make one object mean another; it cannot be done where `refusal` says why. */
export type EditPlan = { readonly splices: readonly Splice[]; readonly sources: Sources; readonly refusal?: string };

type Planning = {
  readonly text: string;
  readonly newline: string;
  readonly document: Document;
  /** How a value may be written that is emptied. */
  readonly spellings: Sources;
  readonly sources: Record<string, string>;
  readonly refusals: string[];
};

type Place = { readonly names: readonly string[]; readonly around: readonly Collection[] };

/** Plans the splices that turn the object at `path` from `before` into `wanted` and touch nothing else. */
export function planEdit(
  text: string,
  document: Document,
  { path, before, wanted, spellings }: { path: Path; before: unknown; wanted: unknown; spellings: Sources },
): EditPlan {
  const newline = /\r?\n/.exec(text)?.[0] ?? '\n';
  const planning: Planning = { text, newline, document, spellings, sources: {}, refusals: [] };
  const around: Collection[] = [];
  let node: Node | null | undefined = document.contents;
  const names = path.map(String);
  for (const [index, key] of names.entries()) {
    if (isShared(node, names.slice(0, index), planning)) break;
    around.push(node as Collection);
    node = entriesOf(text, node as Collection).find((entry) => entry.key === key)?.value;
  }
  const splices = isShared(node, names, planning)
    ? []
    : editInside(node as Collection, before, wanted, { names: [], around }, planning);
  const [refusal] = planning.refusals;
  return { splices, sources: planning.sources, ...(refusal === undefined ? {} : { refusal }) };
}

/** Refuses to go into what other parts of the document share. */
function isShared(node: Node | null | undefined, names: readonly string[], { refusals }: Planning): boolean {
  const name = names.join('.');
  if (isAlias(node)) refusals.push(`${name} is an alias of what another part of the document holds`);
  else if (node === undefined) refusals.push(`${name} comes out of a merge key`);
  else if (node && 'anchor' in node && node.anchor !== undefined) {
    refusals.push(`${name} has the anchor &${String(node.anchor)}, which other parts of the document may refer to`);
  } else return false;
  return true;
}

/** Both sides hold something, as a map or as a list. */
function editInside(node: Collection, before: unknown, wanted: unknown, place: Place, planning: Planning): Splice[] {
  const inner = { ...place, around: [...place.around, node] };
  return isMap(node)
    ? editMap(node, before as Fields, wanted as Fields, inner, planning)
    : editList(node, before as unknown[], wanted as unknown[], inner, planning);
}

function editMap(map: Collection, before: Fields, wanted: Fields, place: Place, planning: Planning): Splice[] {
  const entries = entriesOf(planning.text, map);
  const isChanged = (key: string): boolean =>
    !Object.hasOwn(wanted, key) || !isDeepStrictEqual(before[key], wanted[key]);
  for (const key of Object.keys(before).filter(isChanged)) {
    if (!entries.some((entry) => entry.key === key)) isShared(undefined, [...place.names, key], planning);
  }
  const removed = new Set(
    entries.flatMap(({ key }, index) => (Object.hasOwn(before, key) && !Object.hasOwn(wanted, key) ? [index] : [])),
  );
  const added = Object.entries(wanted).filter(([key]) => !Object.hasOwn(before, key));
  return arrange(map, entries, removed, new Map([[entries.length, added]]), place, planning, (entry) =>
    Object.hasOwn(before, entry.key) && isChanged(entry.key)
      ? editValue(
          entry,
          before[entry.key],
          wanted[entry.key],
          { ...place, names: [...place.names, entry.key] },
          planning,
        )
      : [],
  );
}

function editList(
  list: Collection,
  before: readonly unknown[],
  wanted: readonly unknown[],
  place: Place,
  planning: Planning,
): Splice[] {
  const entries = entriesOf(planning.text, list);
  const matches = matchItems(before, wanted);
  const removed = new Set([...before.keys()].filter((index) => !matches.includes(index)));
  const added = new Map<number, (readonly [string, unknown])[]>();
  for (const [index, item] of wanted.entries()) {
    if (matches[index] !== undefined) continue;
    const next = matches.slice(index).find((match) => match !== undefined) ?? entries.length;
    added.set(next, [...(added.get(next) ?? []), ['', item]]);
  }
  return arrange(list, entries, removed, added, place, planning, (entry) => {
    const old = before[Number(entry.key)];
    const item = wanted[matches.indexOf(Number(entry.key))];
    if (isDeepStrictEqual(old, item)) return [];
    const name = isFields(old) ? String(old['name']) : entry.key;
    return editValue(entry, old, item, { ...place, names: [...place.names, name] }, planning);
  });
}

function arrange(
  collection: Collection,
  entries: readonly Entry[],
  removed: ReadonlySet<number>,
  added: ReadonlyMap<number, readonly (readonly [string, unknown])[]>,
  { around }: Place,
  { text, document, newline }: Planning,
  edit: (entry: Entry) => Splice[],
): Splice[] {
  const within = (index: number): Splice[] => edit(entries[index] as Entry);
  const write = (print: (entry: readonly [string, unknown]) => string[]): Map<number, string[]> =>
    new Map(
      [...added].map(([index, list]) => [index, list.flatMap(print)] as const).filter(([, list]) => list.length > 0),
    );
  if (isFlow(collection)) {
    const indent = entryIndent(text, collection);
    const style = flowStyle(text, document, collection, newline);
    const inserted = write(([key, value]) => [
      isMap(collection) ? flowField(key, value, style, indent ?? '') : flowValue(value, style, indent ?? ''),
    ]);
    const separator = indent === undefined ? `,${style.comma}` : `,${newline}${indent}`;
    return arrangeFlow(entries, separator, { removed, inserted, within });
  }
  const style = blockStyle(text, around);
  const inserted = write(([key, value]) =>
    isMap(collection) ? fieldLines(key, value, style) : itemLines(value, style),
  );
  return arrangeBlock(text, entries, newline, { removed, inserted, within });
}

function editValue(entry: Entry, before: unknown, wanted: unknown, place: Place, planning: Planning): Splice[] {
  const { value } = entry;
  if (isShared(value, place.names, planning)) return [];
  return isCollection(value) && keepsSome(before, wanted)
    ? editInside(value as Collection, before, wanted, place, planning)
    : rewrite(entry, before, wanted, place, planning);
}

/** True for two maps or two lists of which an entry stays, beside which others can come and go. */
const keepsSome = (before: unknown, wanted: unknown): boolean =>
  Array.isArray(before) && Array.isArray(wanted)
    ? matchItems(before, wanted).some((match) => match !== undefined)
    : isFields(before) && isFields(wanted) && Object.keys(before).some((key) => Object.hasOwn(wanted, key));

/** Writes a value anew: it is filled, emptied, or another scalar. */
function rewrite(entry: Entry, before: unknown, wanted: unknown, place: Place, planning: Planning): Splice[] {
  const { text, newline, document, spellings, sources } = planning;
  const { start, keyEnd, colonEnd, end, value } = entry;
  const name = place.names.join('.');
  const parent = place.around.at(-1) as Collection;
  const style = flowStyle(text, document, parent, newline);
  const print = (item: unknown): string =>
    isFlow(parent) ? flowValue(item, style, entryIndent(text, parent) ?? '') : scalar(item);

  const spelling = spellings[name];
  const spelled =
    spelling !== undefined && isSpelling(text, entry, isFlow(parent), spelling, wanted) ? spelling : undefined;
  if (isScalar(value) && value.source && typeof wanted === 'string' && spelled === undefined) {
    const from = value.range?.[0] ?? end;
    const source = text.slice(from, end);
    const written = scalarLike(source, wanted, print);
    // The way back is not always clear: a comma may have needed quotes.
    if (!before || scalarLike(written, before, print) !== source) sources[name] = text.slice(keyEnd, end);
    return [{ start: from, end, text: written }];
  }
  if (!isFilled(before)) sources[name] = text.slice(keyEnd, end);
  if (isFlow(parent)) return [{ start: keyEnd, end, text: spelled ?? `:${style.colon}${print(wanted)}` }];
  if (isFilled(wanted)) {
    const [, ...lines] = fieldLines('', wanted, blockStyle(text, place.around));
    return [{ start: colonEnd, end, text: '' }, insertLines(lineEnd(text, end), lines, column(text, start), newline)];
  }
  const written = spelled ?? `${text.slice(keyEnd, colonEnd)} ${print(wanted)}`;
  const first = isFilled(before) && !isFlow(value as Collection) ? entriesOf(text, value as Collection)[0] : undefined;
  if (!first) return [{ start: keyEnd, end, text: written }];
  return [{ start: keyEnd, end: colonEnd, text: written }, removeLines(text, { ...first, end })];
}
