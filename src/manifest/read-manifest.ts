import { groupOf, templateAt, templatePath } from '../inject/workload.ts';
import { type Documents, readDocuments } from './documents.ts';
import { withoutMark } from './lines.ts';
import type { Path } from './plan-edit.ts';
import { type Fields, isFields } from './value.ts';

/** An object of a manifest: which document it is in, and where. */
export type ManifestObject = {
  readonly document: number;
  readonly path: Path;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly value: Fields;
  /** Where its Pod template is; empty for a Pod, undefined where it has none. */
  readonly templatePath?: readonly string[];
};

/** Every object of a manifest in its order, those of a List too, and one sentence for each mistake. */
export function readManifest(text: string): { objects: readonly ManifestObject[]; mistakes: readonly string[] } {
  const documents = readDocuments(withoutMark(text));
  return { objects: objectsOf(documents), mistakes: documents.mistakes };
}

/** The objects of documents that were read. */
export const objectsOf = ({ values }: Documents): ManifestObject[] =>
  values.flatMap((value, document) => (isFields(value) ? objectsIn(value, document, []) : []));

function objectsIn(value: Fields, document: number, path: Path, list?: Fields): ManifestObject[] {
  // The items of a PodList may leave out what its kind says already.
  const apiVersion = String(value['apiVersion'] ?? list?.['apiVersion'] ?? '');
  const kind = String(value['kind'] ?? String(list?.['kind'] ?? '').replace(/List$/, ''));
  const { items, metadata } = value;
  if (kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item: unknown, index) =>
      isFields(item) ? objectsIn(item, document, [...path, 'items', index], value) : [],
    );
  }
  const { name, generateName, namespace } = isFields(metadata) ? metadata : {};
  const found = templatePath(groupOf(apiVersion), kind);
  return [
    {
      document,
      path,
      apiVersion,
      kind,
      name: String(name ?? generateName ?? ''),
      namespace: String(namespace ?? ''),
      value,
      ...(found && templateAt(value, found) ? { templatePath: found } : {}),
    },
  ];
}
