// https://eemeli.org/yaml/#content-nodes
import { type Document, isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Problem } from '../inject/model/problems.ts';
import type { Manifest, ManifestObject } from '../manifest/documents.ts';
import type { Path } from '../manifest/fields.ts';

/** Where something stands in a text, both from 1. */
export type SourceLocation = { readonly line: number; readonly column: number };

/** Where the key at a path of an object stands, or the last part of the path that is there. */
export function locate(
  { lines, documents }: Manifest,
  { document, path: start }: Pick<ManifestObject, 'document' | 'path'>,
  path: Path,
): SourceLocation {
  const { line, col } = lines.linePos(walk(documents[document], [...start, ...path]).offset);
  return { line, column: col };
}

/**
 * The annotations of a manifest's object or template that are no text, most often since they lack their quotes: an
 * apiserver refuses them. To kubectl, which reads YAML 1.1, also `off` is a boolean.
 * https://yaml.org/type/bool.html
 */
export function nonStringAnnotations(
  { documents }: Manifest,
  { document: index, path }: Pick<ManifestObject, 'document' | 'path'>,
  templatePath: Path,
): Problem[] {
  const document = documents[index];
  const { node, isThere } = walk(document, [...path, ...templatePath, 'metadata', 'annotations']);
  const pairs = isThere && isMap(node) ? node.items : [];
  return pairs.flatMap(({ key, value }) => {
    const type = typeOf(isAlias(value) && document ? value.resolve(document) : value);
    // The apiserver takes a null for an empty text.
    if (!isScalar(key) || type === 'string' || type === 'null') return [];
    return [{ annotation: String(key.value), received: `the value is a YAML ${type}`, expected: 'text, in quotes' }];
  });
}

function typeOf(node: unknown): string {
  if (isMap(node)) return 'map';
  if (!isScalar(node)) return node === null ? 'null' : 'list';
  return node.value === null ? 'null' : typeof node.value;
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
