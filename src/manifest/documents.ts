// https://eemeli.org/yaml/#documents
import { type Document, LineCounter } from 'yaml';
import { groupOf, templateAt, templatePath } from '../inject/workload.ts';
import { type Fields, type Path, isFields } from './fields.ts';
import { type Chunk, chunksOf } from './stream.ts';
import { templatesIn } from './templates.ts';
import { hasAction } from './unrendered.ts';
import { type RepeatedKey, valueOf } from './values.ts';
import { parseYaml } from './yaml.ts';

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
  /** Where in an object of another kind this Pod template stands, which is an object of its own here: such as `spec.template`. */
  readonly part?: string;
  /** Such a template of a kind whose Pods run to completion, which need not say so itself. */
  readonly completes?: boolean;
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
  /** The documents that a template makes once it is rendered: why each cannot be read as it is. */
  readonly unrendered: readonly Remark[];
  /** From where on kubectl reads nothing of a document. */
  readonly ignoredFrom: readonly number[];
  /** The keys that come twice in one map. */
  readonly repeatedKeys: readonly RepeatedKey[];
};

/** A sentence on a place of the text. */
type Remark = { readonly offset: number; readonly sentence: string };

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
    mistakes: read.flatMap(({ mistake, isUnrendered }) => (mistake && !isUnrendered ? [mistake.sentence] : [])),
    unrendered: read.flatMap(({ mistake, isUnrendered }) => (mistake && isUnrendered ? [mistake] : [])),
    ignoredFrom: read.flatMap(({ ignoredFrom }) => ignoredFrom ?? []),
    repeatedKeys: read.flatMap(({ repeatedKeys = [] }) => repeatedKeys),
  };
}

/** A changed text of a manifest, with the byte order mark that the manifest had. */
export const withByteOrderMark = (text: string, { hasByteOrderMark }: Manifest): string =>
  hasByteOrderMark ? byteOrderMark + text : text;

type ReadChunk = {
  readonly document: Document;
  readonly value?: unknown;
  readonly mistake?: Remark;
  readonly isUnrendered?: boolean;
  readonly ignoredFrom?: number | undefined;
  readonly repeatedKeys?: readonly RepeatedKey[];
};

function readChunk(text: string, chunk: Chunk, lines: LineCounter): ReadChunk {
  const { start, end, isJson } = chunk;
  const source = text.slice(start, end);
  const { document, error, ignoredFrom } = parseYaml(source, { start, isJson });
  const fail = (offset: number, says: string): ReadChunk => {
    const { line, col } = lines.linePos(offset);
    const sentence = `Line ${line}, column ${col} ${says.replace(/\.$/, '')}.`;
    return { document, mistake: { offset, sentence }, isUnrendered: hasAction(source) };
  };
  const unreadable = 'is not YAML that can be read:';
  if (chunk.mistake !== undefined) return fail(start, `${unreadable} ${chunk.mistake}`);
  if (error) return fail(error.offset, `${unreadable} ${error.message}`);
  const read = valueOf(document);
  if (read.mistake === undefined) {
    const { value, repeatedKeys } = read;
    return { document, value, repeatedKeys, ignoredFrom };
  }
  return read.offset === undefined
    ? fail(start, `begins a document that cannot be read: ${read.mistake}`)
    : fail(read.offset, `${unreadable} ${read.mistake}`);
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
  const about = {
    document,
    apiVersion,
    kind,
    name: String(name ?? generateName ?? ''),
    namespace: String(namespace ?? ''),
  };
  const known = templatePath(groupOf(apiVersion), kind);
  if (known) return [{ ...about, path, value, ...(templateAt(value, known) ? { templatePath: known } : {}) }];
  // What names no kind is no object of a cluster, such as the values of a chart.
  const parts = kind === '' ? [] : templatesIn(value);
  const templates = parts.map((part): ManifestObject => {
    const completes = [kind, ...part].some((word) => ofJob.test(String(word)));
    const template = { value: partAt(value, part) as Fields, templatePath: [], part: part.join('.') };
    return Object.assign({ path: path.concat(part) }, about, completes ? { completes } : {}, template);
  });
  return [{ ...about, path, value }, ...templates];
}

/** JobSet, PyTorchJob, SparkApplication, or `provider.job` of an analysis: their controllers write the restart policy. */
const ofJob = /(?:Job|JobSet|SparkApplication)$|^(?:job|jobTemplate|replicatedJobs)$/;

/** What stands at a path of a value. */
const partAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Readonly<Record<string | number, unknown>> | null)?.[key], value);
