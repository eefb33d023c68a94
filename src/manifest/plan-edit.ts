import { isDeepStrictEqual } from 'node:util';
import { type Document, type Node, isAlias, isCollection, isMap, isScalar } from 'yaml';
import type { Sources } from '../inject/model/status.ts';
import { type Splice, arrangeBlock, arrangeFlow, insertLines, removeLines } from './arrange.ts';
import { type Fields, type Path, isFields } from './fields.ts';
import { type YamlCollection, type YamlEntry, column, entriesOf, isFlow, isSpelling, lineEnd } from './entries.ts';
import { keepsSome, matchItems } from './match-items.ts';
import {
  blockStyle,
  entryIndent,
  fieldLines,
  flowField,
  flowStyle,
  flowValue,
  isFilled,
  itemLines,
  scalar,
  scalarLike,
} from './print.ts';

/** What it takes to make one object mean another. */
export type EditPlan = {
  readonly splices: readonly Splice[];
  /** How the values were written that the edit fills or empties, by their place. */
  readonly sources: Sources;
  /** Clauses that say why it cannot be done; empty where it can. */
  readonly refusals: readonly string[];
};

/** The text that is edited. */
type Source = {
  readonly text: string;
  readonly newline: string;
  readonly document: Document;
  /** How a value may be written that the edit empties, by its place. */
  readonly spellings: Sources;
};

/** A value that changes, and where it stands. */
type Change = {
  readonly before: unknown;
  readonly wanted: unknown;
  readonly names: readonly string[];
  /** The collections that hold it, the innermost at the end. */
  readonly around: readonly YamlCollection[];
};

/** Plans the splices that turn the object at `path` from `before` into `wanted` and touch nothing else. */
export function planEdit(
  source: Source,
  { path, before, wanted }: { readonly path: Path; readonly before: unknown; readonly wanted: unknown },
): EditPlan {
  const around: YamlCollection[] = [];
  let node: Node | null | undefined = source.document.contents;
  const names = path.map(String);
  for (const [index, key] of names.entries()) {
    const refusal = refusalToEnter(node, names.slice(0, index));
    if (refusal) return refusal;
    around.push(node as YamlCollection);
    node = valueAt(source.text, node as YamlCollection, key);
  }
  return (
    refusalToEnter(node, names) ?? editInside(source, node as YamlCollection, { before, wanted, names: [], around })
  );
}

/** The value of an entry; an item of a list is not looked for, since each object of a long List would look through it. */
const valueAt = (text: string, node: YamlCollection, key: string): Node | null | undefined =>
  isMap(node)
    ? entriesOf(text, node).findLast((entry) => entry.key === key)?.value
    : (node.items[Number(key)] as Node | undefined);

/** A plan that refuses to go into what other parts of the document share; undefined for what stands alone. */
function refusalToEnter(node: Node | null | undefined, names: readonly string[]): EditPlan | undefined {
  const name = names.join('.');
  const refuse = (why: string): EditPlan => ({ splices: [], sources: {}, refusals: [`${name} ${why}`] });
  if (isAlias(node)) return refuse('is an alias of what another part of the document holds');
  if (node === undefined) return refuse('comes out of a merge key');
  if (node && 'anchor' in node && node.anchor !== undefined) {
    return refuse(`has the anchor &${String(node.anchor)}, which other parts of the document may refer to`);
  }
  return undefined;
}

const nothing: EditPlan = { splices: [], sources: {}, refusals: [] };

const joined = (plans: readonly EditPlan[]): EditPlan => ({
  splices: plans.flatMap(({ splices }) => splices),
  sources: Object.assign({}, ...plans.map(({ sources }) => sources)) as Sources,
  refusals: plans.flatMap(({ refusals }) => refusals),
});

/** Both sides hold something, as a map or as a list. */
function editInside(source: Source, node: YamlCollection, change: Change): EditPlan {
  const inner = { ...change, around: [...change.around, node] };
  return isMap(node) ? editMap(source, node, inner) : editList(source, node, inner);
}

function editMap(source: Source, map: YamlCollection, change: Change): EditPlan {
  const [before, wanted] = [change.before as Fields, change.wanted as Fields];
  const entries = entriesOf(source.text, map);
  const isChanged = (key: string): boolean =>
    !Object.hasOwn(wanted, key) || !isDeepStrictEqual(before[key], wanted[key]);
  const merged = Object.keys(before).filter((key) => isChanged(key) && !entries.some((entry) => entry.key === key));
  const refused = merged.map((key) => refusalToEnter(undefined, [...change.names, key]) ?? nothing);
  // Of equal keys the last one counts.
  const last = new Map(entries.map((entry) => [entry.key, entry]));
  const edit = (entry: YamlEntry): EditPlan => {
    const { key } = entry;
    const isKept = Object.hasOwn(before, key) && Object.hasOwn(wanted, key);
    if (!isKept || !isChanged(key) || last.get(key) !== entry) return nothing;
    const names = [...change.names, key];
    return editValue(source, entry, { ...change, before: before[key], wanted: wanted[key], names });
  };
  const isRemoved = ({ key }: YamlEntry): boolean => Object.hasOwn(before, key) && !Object.hasOwn(wanted, key);
  const added = Object.entries(wanted).filter(([key]) => !Object.hasOwn(before, key));
  const arranged = arrange(source, map, change.around, {
    entries,
    edits: entries.map(edit),
    removed: new Set(entries.flatMap((entry, index) => (isRemoved(entry) ? [index] : []))),
    added: new Map([[entries.length, added]]),
  });
  return joined([...refused, arranged]);
}

function editList(source: Source, list: YamlCollection, change: Change): EditPlan {
  const [before, wanted] = [change.before as readonly unknown[], change.wanted as readonly unknown[]];
  const entries = entriesOf(source.text, list);
  const matches = matchItems(before, wanted);
  const added = new Map<number, NewEntry[]>();
  for (const [index, item] of wanted.entries()) {
    if (matches[index] !== undefined) continue;
    const next = matches.slice(index).find((match) => match !== undefined) ?? entries.length;
    added.set(next, [...(added.get(next) ?? []), ['', item]]);
  }
  const edit = (entry: YamlEntry): EditPlan => {
    const [old, index] = [before[Number(entry.key)], matches.indexOf(Number(entry.key))];
    if (index < 0 || isDeepStrictEqual(old, wanted[index])) return nothing;
    const names = [...change.names, isFields(old) ? String(old['name']) : entry.key];
    return editValue(source, entry, { ...change, before: old, wanted: wanted[index], names });
  };
  return arrange(source, list, change.around, {
    entries,
    edits: entries.map(edit),
    removed: new Set([...before.keys()].filter((index) => !matches.includes(index))),
    added,
  });
}

/** An entry that goes in; the key of an item of a list is empty. */
type NewEntry = readonly [key: string, value: unknown];

/** What happens to the entries of a collection, by their index; `added` go in before that index. */
type Arranging = {
  readonly entries: readonly YamlEntry[];
  readonly edits: readonly EditPlan[];
  readonly removed: ReadonlySet<number>;
  readonly added: ReadonlyMap<number, readonly NewEntry[]>;
};

function arrange(
  { text, document, newline }: Source,
  collection: YamlCollection,
  around: readonly YamlCollection[],
  { entries, edits, removed, added }: Arranging,
): EditPlan {
  const within = (index: number): readonly Splice[] => edits[index]?.splices ?? [];
  const write = (print: (entry: NewEntry) => string[]): Map<number, string[]> =>
    new Map(
      [...added].map(([index, list]) => [index, list.flatMap(print)] as const).filter(([, list]) => list.length > 0),
    );
  const { sources, refusals } = joined(edits);
  if (!isFlow(collection)) {
    const style = blockStyle(text, around);
    const inserted = write(([key, value]) =>
      isMap(collection) ? fieldLines(key, value, style) : itemLines(value, style),
    );
    return { splices: arrangeBlock(text, entries, newline, { removed, inserted, within }), sources, refusals };
  }
  const indent = entryIndent(text, collection);
  const style = flowStyle({ text, document, newline }, collection);
  const inserted = write(([key, value]) => [
    isMap(collection) ? flowField(key, value, style, indent ?? '') : flowValue(value, style, indent ?? ''),
  ]);
  const separator = indent === undefined ? `,${style.comma}` : `,${newline}${indent}`;
  return { splices: arrangeFlow(entries, separator, { removed, inserted, within }), sources, refusals };
}

function editValue(source: Source, entry: YamlEntry, change: Change): EditPlan {
  const { value } = entry;
  const refusal = refusalToEnter(value, change.names);
  if (refusal) return refusal;
  return isCollection(value) && keepsSome(change.before, change.wanted)
    ? editInside(source, value as YamlCollection, change)
    : rewrite(source, entry, change);
}

/** Writes a value anew: it is filled, emptied, or another scalar. */
function rewrite(source: Source, entry: YamlEntry, { before, wanted, names, around }: Change): EditPlan {
  const { text, newline } = source;
  const { start, keyEnd, colonEnd, end, value } = entry;
  const name = names.join('.');
  const parent = around.at(-1) as YamlCollection;
  const style = flowStyle(source, parent);
  const print = (item: unknown): string =>
    isFlow(parent) ? flowValue(item, style, entryIndent(text, parent) ?? '') : scalar(item);
  const made = (splices: readonly Splice[], isNoted: boolean): EditPlan => ({
    splices,
    sources: isNoted ? { [name]: text.slice(keyEnd, end) } : {},
    refusals: [],
  });

  const spelling = source.spellings[name];
  const isUsable = spelling !== undefined && isSpelling(text, entry, { isInFlow: isFlow(parent), spelling, wanted });
  const spelled = isUsable ? spelling : undefined;
  if (isScalar(value) && value.source && typeof wanted === 'string' && spelled === undefined) {
    const from = value.range?.[0] ?? end;
    const old = text.slice(from, end);
    const written = scalarLike(old, wanted, print);
    // The way back is not always clear: a comma may have needed quotes.
    return made([{ start: from, end, text: written }], !before || scalarLike(written, before, print) !== old);
  }
  const wasEmpty = !isFilled(before);
  if (isFlow(parent))
    return made([{ start: keyEnd, end, text: spelled ?? `:${style.colon}${print(wanted)}` }], wasEmpty);
  if (isFilled(wanted)) {
    const [, ...lines] = fieldLines('', wanted, blockStyle(text, around));
    const inserted = insertLines(lineEnd(text, end), lines, column(text, start), newline);
    return made([{ start: colonEnd, end, text: '' }, inserted], wasEmpty);
  }
  const written = spelled ?? `${text.slice(keyEnd, colonEnd)} ${print(wanted)}`;
  const first = wasEmpty || isFlow(value as YamlCollection) ? undefined : entriesOf(text, value as YamlCollection)[0];
  if (!first) return made([{ start: keyEnd, end, text: written }], wasEmpty);
  return made([{ start: keyEnd, end: colonEnd, text: written }, removeLines(text, { ...first, end })], wasEmpty);
}
