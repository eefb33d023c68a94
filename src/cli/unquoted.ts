// https://yaml.org/type/bool.html
import { type Document, isAlias, isMap, isScalar } from 'yaml';
import type { Problem } from '../inject/problems.ts';
import type { Path } from '../manifest/plan-edit.ts';
import { nodeAt } from './place.ts';

/**
 * The annotations at a path that are no text, most often since they lack their quotes: an apiserver refuses them. To
 * kubectl, which reads YAML 1.1, also `off` is a boolean.
 */
export function unquoted(document: Document | undefined, path: Path): Problem[] {
  const node = nodeAt(document, path);
  const pairs = isMap(node) ? node.items : [];
  return pairs.flatMap(({ key, value }) => {
    const type = typeOf(isAlias(value) && document ? value.resolve(document) : value);
    if (!isScalar(key) || type === 'string') return [];
    return [{ annotation: String(key.value), received: `the value is a YAML ${type}`, expected: 'text, in quotes' }];
  });
}

function typeOf(node: unknown): string {
  if (isMap(node)) return 'map';
  if (!isScalar(node)) return node === null ? 'null' : 'list';
  return node.value === null ? 'null' : typeof node.value;
}
