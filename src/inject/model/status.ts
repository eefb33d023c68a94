import { hash } from 'node:crypto';
import type { Given } from '../fit/given.ts';
import type { AnnotationSet } from './intent.ts';
import type { SkippedItem } from './problems.ts';
import type { Pod } from '../pod/pod.ts';

/**
 * The `status` annotation: what was done to a Pod, for people and for the next call of the webhook. A pattern may add a
 * field of its own name.
 */
export type Status = {
  readonly version: string;
  /** The policy or the namespace that asked; absent where annotations did. */
  readonly by?: string;
  readonly patterns: readonly string[];
  /** The first of them was chosen for standing first in the Pod, unless they are `named`. */
  readonly containers: readonly string[];
  /** The annotations name all of the containers, or ask for every one. */
  readonly named?: true;
  readonly added: readonly string[];
  readonly kept: readonly SkippedItem[];
  /** No probe was added: the agent counts what would have followed. */
  readonly trial?: true;
  /** The checks that were found rather than written, by container, and what they were found by. */
  readonly found?: Readonly<Record<string, string>>;
  /** What the Pod and its namespace left for the containers that were added; absent where that is what is usual. */
  readonly fitted?: Given;
  /** Of an owner's Pods, how many may be restarted in ten minutes, such as `25%`; absent where this Pod cannot be held. */
  readonly restartBudget?: string;
  /** A hash of annotations, image and version. */
  readonly config: string;
  /** How a manifest wrote what the command line filled, by its place in the template; only there, and seldom. */
  readonly source?: Sources;
};

/** How values were written before they were filled, from the end of their key on, by their place. */
export type Sources = Readonly<Record<string, string>>;

/** The annotation as it was read. Anyone may have written it: each field has its type, and no more is certain. */
export type RecordedStatus = {
  readonly version: string | undefined;
  readonly patterns: readonly string[];
  readonly containers: readonly string[];
  readonly added: readonly string[];
  readonly source: Sources;
  /** The whole object as it stands there. */
  readonly fields: Readonly<Record<string, unknown>>;
};

/** Room for the status of a Pod with as many containers as are looked at, each with three probes and a long name. */
const longestStatus = 131_072;

/** Reads the `status` annotation; undefined where there is none that says what was added. */
export function readStatus({ metadata }: Pick<Pod, 'metadata'>, prefix: string): RecordedStatus | undefined {
  const text = metadata?.annotations?.[`${prefix}status`];
  if (typeof text !== 'string' || text.length > longestStatus) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isFields(fields) || !Array.isArray(fields['added']) || !isShallow(fields, deepestStatus)) return undefined;
  const { version, source } = fields;
  return {
    version: typeof version === 'string' ? version : undefined,
    patterns: textsOf(fields['patterns']),
    containers: textsOf(fields['containers']),
    added: textsOf(fields['added']),
    source: Object.fromEntries(
      Object.entries(isFields(source) ? source : {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
    fields,
  };
}

/** What is written is three deep. A value that is thousands deep can be parsed, but not be written again. */
const deepestStatus = 16;

const isShallow = (value: unknown, depth: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (depth > 0 && Object.values(value).every((item) => isShallow(item, depth - 1)));

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The texts of what should be a list of them. */
const textsOf = (list: unknown): readonly string[] =>
  Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];

/** The template whose `status` also notes how these places were written; our own annotations are left out. */
export function withSources<T extends Pick<Pod, 'metadata'>>(template: T, prefix: string, sources: Sources): T {
  const key = `${prefix}status`;
  const earlier = readStatus(template, prefix);
  const noted = Object.entries(sources).filter(([place]) => !place.startsWith(`metadata.annotations.${prefix}`));
  if (!earlier || noted.length === 0) return template;
  const { metadata } = template;
  const text = JSON.stringify({ ...earlier.fields, source: { ...Object.fromEntries(noted), ...earlier.source } });
  return { ...template, metadata: { ...metadata, annotations: { ...metadata?.annotations, [key]: text } } };
}

/** The text of a status that names these additions, which no pattern made; undefined where there are none. */
export function statusNaming(added: readonly string[], version: string): string | undefined {
  if (added.length === 0) return undefined;
  const status: Status = { version, patterns: [], containers: [], added, kept: [], config: '' };
  return JSON.stringify(status);
}

/** A short hash of the annotations and settings; `longestHoldMs` is undefined where the Pod cannot be held. It is there so that one can see which Pods an upgrade would change. */
export function configHash(
  written: AnnotationSet,
  {
    version,
    image,
    longestHoldMs,
  }: { readonly version: string; readonly image: string; readonly longestHoldMs: number | undefined },
): string {
  const containers = [...written.containers].map(([name, entries]) => [name, [...entries.values()]]);
  const hold = longestHoldMs === undefined ? [] : [longestHoldMs];
  const text = JSON.stringify([version, image, [...written.pod.values()], containers, ...hold]);
  return hash('sha256', text).slice(0, 12);
}
