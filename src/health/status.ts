import { hash } from 'node:crypto';
import type { Pod } from '../pod/pod.ts';
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
  /** The checks that nobody wrote, by container, and what they were found by. */
  readonly found?: Readonly<Record<string, string>>;
  /** A hash of all that the result depends on. */
  readonly config: string;
};

/** The names of what an earlier call added, out of the `status` annotation; a user may have written anything there. */
export function addedEarlier(pod: Pod, prefix: string): ReadonlySet<string> {
  const text = pod.metadata?.annotations?.[`${prefix}status`];
  if (text === undefined || text.length > 16_384) return new Set();
  try {
    const status: unknown = JSON.parse(text);
    const added: unknown = typeof status === 'object' && status !== null && 'added' in status ? status.added : [];
    return new Set(Array.isArray(added) ? added.filter((name) => typeof name === 'string') : []);
  } catch {
    return new Set();
  }
}

/** A short hash of the annotations and settings, so that one can see which Pods an upgrade would change. */
export function configHash(written: Written, version: string, image: string): string {
  const containers = [...written.containers].map(([name, entries]) => [name, [...entries.values()]]);
  const text = JSON.stringify([version, image, [...written.pod.values()], containers]);
  return hash('sha256', text).slice(0, 12);
}
