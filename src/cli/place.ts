// https://eemeli.org/yaml/#content-nodes
import { type Document, isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Path } from '../manifest/plan-edit.ts';

/** Where something stands in a text, both from 1. */
export type Place = { readonly line: number; readonly column: number };

/** Where the key at a path of a document stands, or the last part of the path that is there. */
export function placeIn(text: string, document: Document | undefined, path: Path): Place {
  const before = text.slice(0, walk(document, path).offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The node at a path of a document; undefined where there is none. */
export function nodeAt(document: Document | undefined, path: Path): unknown {
  const { node, isThere } = walk(document, path);
  return isThere ? node : undefined;
}

function walk(document: Document | undefined, path: Path): { offset: number; node: unknown; isThere: boolean } {
  let node: unknown = document?.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const part of path) {
    const next = stepInto(node, part);
    if (!next) return { offset, node, isThere: false };
    offset = next.offset ?? offset;
    node = isAlias(next.node) && document ? next.node.resolve(document) : next.node;
  }
  return { offset, node, isThere: true };
}

function stepInto(node: unknown, part: string | number): { offset: number | undefined; node: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
    return pair && { offset: isScalar(pair.key) ? pair.key.range?.[0] : undefined, node: pair.value };
  }
  const item = isSeq(node) ? node.items[Number(part)] : undefined;
  return item === undefined ? undefined : { offset: isNode(item) ? item.range?.[0] : undefined, node: item };
}
