import type { Connection } from './connection.ts';

/** The objects of one kind that are followed. */
export type Collection = {
  readonly connection: Connection;
  /** The path of the collection, such as `/api/v1/pods`. */
  readonly path: string;
  /** Asks for PartialObjectMetadata: `metadata` alone of each object. */
  readonly isMetadataOnly?: boolean;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
};

/** A collection, and what is kept of each object. */
export type Followed<T> = Collection & {
  /**
   * Takes from an object, as soon as it is parsed, what the handler needs; the rest is never held. An object that comes
   * in a list may lack its own `apiVersion` and `kind`.
   */
  readonly read: (object: unknown) => T;
};

/** The path of a call, with the selectors of what is followed and the parameters of the call itself. */
export function pathOf(
  { path, labelSelector, fieldSelector }: Collection,
  parameters: Readonly<Record<string, string>>,
): string {
  const query = new URLSearchParams(parameters);
  if (labelSelector) query.set('labelSelector', labelSelector);
  if (fieldSelector) query.set('fieldSelector', fieldSelector);
  return `${path}?${query}`;
}

/** The Accept header for metadata alone; a list and the objects of a watch are of two kinds. */
export const metadataOnly = (kind: 'PartialObjectMetadata' | 'PartialObjectMetadataList'): string =>
  `application/json;as=${kind};g=meta.k8s.io;v=v1`;
