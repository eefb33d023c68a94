// https://eemeli.org/yaml/#documents
import { type Document, LineCounter } from 'yaml';
import { groupOf, templateAt, templatePath } from '../inject/workload.ts';
import { type Chunk, chunksOf } from './stream.ts';
import { valueOf } from './values.ts';
import { parseYaml } from './yaml.ts';

/** A plain object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** Where an object stands in its document. */
export type Path = readonly (string | number)[];

/** An object of a manifest. */
export type ManifestObject = {
  /** The index of its document. */
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

/** A text of documents, read once: JSON or YAML. */
export type Manifest = {
  /** Without the byte order mark; all offsets count from here. */
  readonly text: string;
  readonly hasByteOrderMark: boolean;
  readonly lines: LineCounter;
  /** The line break that new lines get. */
  readonly newline: string;
  readonly documents: readonly Document[];
  /** What each document means; undefined for one that cannot be read. */
  readonly values: readonly unknown[];
  /** In their order, those of a List too. */
  readonly objects: readonly ManifestObject[];
  /** One sentence for each document that cannot be read. */
  readonly mistakes: readonly string[];
};

const byteOrderMark = '\ufeff';

/** Reads every document and object of a text. */
export function readManifest(source: string): Manifest {
  // Some editors leave the mark; it would count as a column.
  const hasByteOrderMark = source.startsWith(byteOrderMark);
  const text = hasByteOrderMark ? source.slice(1) : source;
  const lines = new LineCounter();
  for (let at = 0; at >= 0; at = text.indexOf('\n', at) + 1 || -1) lines.addNewLine(at);
  const chunks = chunksOf(text);
  const read = chunks.map((chunk) => readChunk(text, chunk, lines));
  const values = read.map(({ value }) => value);
  return {
    text,
    hasByteOrderMark,
    lines,
    newline: /\r?\n/.exec(text)?.[0] ?? '\n',
    documents: read.map(({ document }) => document),
    values,
    objects: values.flatMap((value, document) => (isFields(value) ? objectsIn(value, document, []) : [])),
    mistakes: read.flatMap(({ mistake }) => (mistake === undefined ? [] : [mistake])),
  };
}

/** A changed text of a manifest, with the byte order mark that the manifest had. */
export const withByteOrderMark = (text: string, { hasByteOrderMark }: Manifest): string =>
  hasByteOrderMark ? byteOrderMark + text : text;

type ReadChunk = {
  readonly document: Document;
  readonly value?: unknown;
  readonly mistake?: string;
  /** From where on kubectl reads nothing of the document. */
  readonly ignoredFrom?: number;
};

function readChunk(text: string, { start, end, isJson, mistake }: Chunk, lines: LineCounter): ReadChunk {
  const { document, error, ignoredFrom } = parseYaml(text.slice(start, end), { start, isJson });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `Line ${line}, column ${col}`;
  };
  const unreadable = (offset: number, why: string): ReadChunk => ({
    document,
    mistake: `${at(offset)} is not YAML that can be read: ${why.replace(/\.$/, '')}.`,
  });
  if (mistake !== undefined) return unreadable(start, mistake);
  if (error) return unreadable(error.offset, error.message);
  const read = valueOf(document);
  if (read.mistake === undefined)
    return { document, value: read.value, ...(ignoredFrom === undefined ? {} : { ignoredFrom }) };
  if (read.offset !== undefined) return unreadable(read.offset, read.mistake);
  return { document, mistake: `${at(start)} begins a document that cannot be read: ${read.mistake}.` };
}

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

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy without the fields that are undefined, which no file can hold; no two parts of it are the same object. */
export function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isFields(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUndefined(item)]));
}
