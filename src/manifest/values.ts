// https://pkg.go.dev/sigs.k8s.io/yaml#YAMLToJSON
import { type Document, type Node, isAlias, isMap, isScalar, isSeq, visit } from 'yaml';

/** Why kubectl refuses a document: a clause, and the offset of what it speaks of, where that is not all of it. */
type Mistake = { readonly mistake: string; readonly offset?: number };

/** A key that stands in its map already, and where. */
export type RepeatedKey = { readonly key: string; readonly offset: number };

/** What a document means as JSON. */
type DocumentValue =
  | { readonly value: unknown; readonly repeatedKeys: readonly RepeatedKey[]; readonly mistake?: undefined }
  | Mistake;

type Walk = {
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<unknown, Node | undefined>;
  /** The nodes that are being read, since an anchor may hold its own alias. */
  readonly open: Set<Node>;
  /** How many nodes were read, and how many of them through an alias. */
  counts: { all: number; aliased: number };
  aliasDepth: number;
  mistake: Mistake | undefined;
  readonly repeatedKeys: RepeatedKey[];
};

/** Reads what a document means, as kubectl makes JSON of it. */
export function valueOf(document: Document): DocumentValue {
  const walk: Walk = {
    targets: targetsIn(document),
    open: new Set(),
    counts: { all: 0, aliased: 0 },
    aliasDepth: 0,
    mistake: undefined,
    repeatedKeys: [],
  };
  const value = read(document.contents, walk);
  return walk.mistake ?? { value, repeatedKeys: walk.repeatedKeys };
}

/** An alias stands for the last node before it that has its anchor. */
function targetsIn(document: Document): Walk['targets'] {
  const anchors = new Map<string, Node>();
  const targets = new Map<unknown, Node | undefined>();
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) targets.set(node, anchors.get(node.source));
      else if (node.anchor !== undefined) anchors.set(node.anchor, node as Node);
    },
  });
  return targets;
}

function fail(walk: Walk, mistake: string, node?: unknown): undefined {
  const offset = (node as Node | null | undefined)?.range?.[0];
  walk.mistake ??= { mistake, ...(offset === undefined ? {} : { offset }) };
}

function read(node: unknown, walk: Walk): unknown {
  if (walk.mistake || node === null || node === undefined) return null;
  const { counts, open } = walk;
  counts.all++;
  if (walk.aliasDepth > 0) counts.aliased++;
  if (isExcessive(counts)) return fail(walk, 'Excessive alias count indicates a resource exhaustion attack');
  if (isAlias(node)) return readAlias(node, walk);
  if (isScalar(node)) {
    const { value } = node;
    return typeof value === 'number' && !Number.isFinite(value) ? fail(walk, `JSON has no ${value}`, node) : value;
  }
  open.add(node as Node);
  const value = isSeq(node)
    ? node.items.map((item) => read(item, walk))
    : isMap(node)
      ? readMap(node.items, walk)
      : null;
  open.delete(node as Node);
  return value;
}

function readAlias(node: { readonly source: string }, walk: Walk): unknown {
  const target = walk.targets.get(node);
  if (!target) return fail(walk, `Unresolved alias (the anchor must be set before the alias): ${node.source}`);
  if (walk.open.has(target)) return fail(walk, `the anchor ${node.source} holds its own alias`, node);
  walk.aliasDepth++;
  const value = read(target, walk);
  walk.aliasDepth--;
  return value;
}

type Pairs = readonly { readonly key: unknown; readonly value: unknown }[];

/** In the order of the text: what a merge key brings comes before what stands above it, the last of equal keys counts. */
function readMap(pairs: Pairs, walk: Walk): object {
  const result = new Map<string, unknown>();
  const written = new Set<string>();
  for (const { key, value } of pairs) {
    if (isScalar(key) && key.value === '<<' && key.type === 'PLAIN') {
      for (const [name, merged] of merge(value, walk)) result.set(name, merged);
      continue;
    }
    const name = keyOf(key, walk);
    if (name === undefined) continue;
    if (written.has(name) && walk.aliasDepth === 0) {
      walk.repeatedKeys.push({ key: name, offset: (key as Node).range?.[0] ?? 0 });
    }
    written.add(name);
    result.set(name, read(value, walk));
  }
  return Object.fromEntries(result);
}

/** The entries of the maps that a merge key names, of several the first last. */
function merge(node: unknown, walk: Walk): readonly (readonly [string, unknown])[] {
  const target = isAlias(node) ? walk.targets.get(node) : node;
  if (isMap(target)) return Object.entries((read(node, walk) as object | null) ?? {});
  const maps = isSeq(target) && !isAlias(node) ? target.items : undefined;
  const areMaps = maps?.every((item) => isMap(isAlias(item) ? walk.targets.get(item) : item)) ?? false;
  if (!maps || !areMaps) {
    fail(walk, 'a merge key takes a map, or a list of maps', node);
    return [];
  }
  return maps.toReversed().flatMap((item) => Object.entries((read(item, walk) as object | null) ?? {}));
}

function keyOf(node: unknown, walk: Walk): string | undefined {
  const key = read(node, walk);
  if (typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean') return String(key);
  if (walk.mistake) return undefined;
  return fail(walk, key === null ? 'a key is null' : `a key is a ${Array.isArray(key) ? 'list' : 'map'}`, node);
}

/** The bound of kubectl's reader on what aliases may make of a small text. */
function isExcessive({ all, aliased }: Walk['counts']): boolean {
  if (aliased <= 100 || all <= 1_000) return false;
  const [low, high] = [400_000, 4_000_000];
  const share = all <= low ? 0.99 : all >= high ? 0.1 : 0.99 - 0.89 * ((all - low) / (high - low));
  return aliased / all > share;
}
