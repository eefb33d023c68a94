import { quote } from '../check/check.ts';
import { type Key, keys, writtenKeys } from './annotations.ts';
import type { Problem } from './problem.ts';

/** One annotation of ours as the user wrote it. */
export type Entry = { readonly annotation: string; readonly value: string };

/** What the user wrote: Pod-wide entries, and entries per container name. */
export type Written = {
  readonly pod: ReadonlyMap<Key, Entry>;
  readonly containers: ReadonlyMap<string, ReadonlyMap<Key, Entry>>;
};

const longestValue = 4096;

/** Sorts the annotations under `prefix` by key and container; a key that is unknown or misplaced is a problem. */
export function readAnnotations(
  annotations: Readonly<Record<string, string>>,
  prefix: string,
): { readonly written: Written; readonly problems: readonly Problem[] } {
  const pod = new Map<Key, Entry>();
  const containers = new Map<string, Map<Key, Entry>>();
  const problems: Problem[] = [];
  for (const [annotation, value] of Object.entries(annotations)) {
    if (!annotation.startsWith(prefix)) continue;
    const rest = annotation.slice(prefix.length);
    if ((writtenKeys as readonly string[]).includes(rest)) continue;
    const dot = rest.indexOf('.');
    const key = dot < 0 ? rest : rest.slice(0, dot);
    const container = dot < 0 ? undefined : rest.slice(dot + 1);
    if (!isKey(key)) {
      const known = Object.keys(keys).join(', ');
      problems.push({ annotation, received: 'the key is unknown', expected: `one of ${known}` });
    } else if (value.length > longestValue) {
      const received = `received ${value.length} characters`;
      problems.push({ annotation, received, expected: `at most ${longestValue}` });
    } else if (container === undefined) {
      pod.set(key, { annotation, value });
    } else if (keys[key].reach === 'pod') {
      const received = `received a key for container ${quote(container)}`;
      problems.push({ annotation, received, expected: `${prefix}${key}, which speaks of the whole Pod` });
    } else {
      const entries = containers.get(container) ?? new Map<Key, Entry>();
      containers.set(container, entries.set(key, { annotation, value }));
    }
  }
  return { written: { pod, containers }, problems };
}

const isKey = (text: string): text is Key => Object.hasOwn(keys, text);
