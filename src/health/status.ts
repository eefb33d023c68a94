import { hash } from 'node:crypto';
import { annotate } from '../pod/annotate.ts';
import type { Pod } from '../pod/pod.ts';
import type { HardwareIntent } from './intent.ts';
import type { Kept } from './outcome.ts';
import type { Written } from './written.ts';

/** The `status` annotation: what was done to a Pod, for people and for the next call of the webhook. */
export type Status = {
  readonly version: string;
  /** The policy or the namespace that asked; absent where annotations did. */
  readonly by?: string;
  readonly patterns: readonly string[];
  readonly containers: readonly string[];
  readonly added: readonly string[];
  readonly kept: readonly Kept[];
  /** How pattern hardware asks, for which containers, and what follows where it fails. */
  readonly hardware?: Pick<HardwareIntent, 'mode' | 'onFailure'> & { readonly containers: readonly string[] };
  /** The checks that nobody wrote, by container, and what they were found by. */
  readonly found?: Readonly<Record<string, string>>;
  /** A hash of all that the result depends on. */
  readonly config: string;
  /** How a manifest wrote what the command line filled, by its place in the template; only there, and seldom. */
  readonly source?: Sources;
};

/** How values were written before they were filled, from the end of their key on, by their place. */
export type Sources = Readonly<Record<string, string>>;

/** The annotation as an earlier call wrote it, or a user: only its form is known. */
export type EarlierStatus = Pick<Status, 'added'> & { readonly source: Sources };

/** Room for the status of a Pod with as many containers as are looked at, each with three probes and a long name. */
const longestStatus = 131_072;

/** What the `status` annotation says was added; undefined where there is none that can be read. */
export function readStatus({ metadata }: Pick<Pod, 'metadata'>, prefix: string): EarlierStatus | undefined {
  const text = metadata?.annotations?.[`${prefix}status`];
  if (typeof text !== 'string' || text.length > longestStatus) return undefined;
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status !== 'object' || status === null || !('added' in status) || !Array.isArray(status.added)) {
      return undefined;
    }
    const source = Object.entries('source' in status ? (status.source ?? {}) : {});
    return {
      added: status.added.filter((name) => typeof name === 'string'),
      source: Object.fromEntries(source.filter(([, written]) => typeof written === 'string')),
    };
  } catch {
    return undefined;
  }
}

/** The template whose `status` also notes how these places were written; ours is written anew in any case. */
export function withSources<T extends Pick<Pod, 'metadata'>>(template: T, prefix: string, sources: Sources): T {
  const key = `${prefix}status`;
  const earlier = readStatus(template, prefix);
  const news = Object.entries(sources).filter(([place]) => !place.startsWith(`metadata.annotations.${prefix}`));
  if (!earlier || news.length === 0) return template;
  const { metadata } = template;
  const status: unknown = JSON.parse(metadata?.annotations?.[key] ?? '{}');
  const text = JSON.stringify({ ...(status as object), source: { ...earlier.source, ...Object.fromEntries(news) } });
  return { ...template, metadata: { ...metadata, annotations: { ...metadata?.annotations, [key]: text } } };
}

/** The Pod with these names among what its `status` says was added; a status that is none is written anew. */
export function addToStatus(pod: Pod, names: readonly string[], prefix: string, version: string): Pod {
  const key = `${prefix}status`;
  const before = new Set(readStatus(pod, prefix)?.added);
  if (names.every((name) => before.has(name))) return pod;
  const fresh: Status = { version, patterns: [], containers: [], added: [], kept: [], config: '' };
  const status: Status = before.size > 0 ? JSON.parse(pod.metadata?.annotations?.[key] ?? '') : fresh;
  return annotate(pod, { [key]: JSON.stringify({ ...status, added: [...new Set([...before, ...names])] }) });
}

/** A short hash of the annotations and settings, so that one can see which Pods an upgrade would change. */
export function configHash(written: Written, version: string, image: string): string {
  const containers = [...written.containers].map(([name, entries]) => [name, [...entries.values()]]);
  const text = JSON.stringify([version, image, [...written.pod.values()], containers]);
  return hash('sha256', text).slice(0, 12);
}
