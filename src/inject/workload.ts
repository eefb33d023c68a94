// https://kubernetes.io/docs/concepts/workloads/controllers/
import type { V1ObjectMeta, V1PodTemplateSpec } from '@kubernetes/client-node';
import { writtenKeys } from './intent/annotations.ts';

/** A workload as an admission request carries it. */
export type Workload = { readonly kind?: string; readonly metadata?: V1ObjectMeta };

type Annotations = Readonly<Record<string, string>>;

/**
 * Copies our annotations from a workload down to its Pod template, and takes back what it copied before and is gone.
 * A key that the user wrote on the template stays as it is. Which keys were copied is written on the workload as
 * `copied`, never on the template, where it would replace every Pod. `old` is the workload before an update. The same
 * object comes back where nothing changes.
 */
export function propagateAnnotations(
  workload: Workload,
  old: Workload | undefined,
  path: readonly string[],
  prefix: string,
): Workload {
  const template = templateAt(workload, path);
  if (!template) return workload;
  const record = `${prefix}copied`;
  const top = ownKeys(workload.metadata?.annotations, prefix);
  const below = ownKeys(template.metadata?.annotations, prefix);
  const before = ownKeys(old && templateAt(old, path)?.metadata?.annotations, prefix);
  // A client that replaces the whole object loses the record and the copies, and must not thereby make them the user's.
  const recorded = new Set([workload, old].flatMap((each) => (each?.metadata?.annotations?.[record] ?? '').split(',')));
  const applied = ownedKeys(workload.metadata, path);
  const isCopy = (key: string): boolean =>
    recorded.has(key.slice(prefix.length)) && !applied.has(key) && below[key] === (old ? before : top)[key];

  const annotations: Record<string, string | undefined> = {};
  const copied: string[] = [];
  for (const key of new Set([...Object.keys(top), ...Object.keys(below)])) {
    if (Object.hasOwn(below, key) && !isCopy(key)) continue;
    annotations[key] = top[key];
    if (Object.hasOwn(top, key)) copied.push(key.slice(prefix.length));
  }
  const changed = withAnnotations(template, annotations);
  const recording = withAnnotations(workload, {
    [record]: copied.length > 0 ? copied.toSorted().join(',') : undefined,
  });
  return changed === template ? recording : withTemplate(recording, path, changed);
}

/** Says which annotations of a workload do not count, because its template has others. */
export function shadowedAnnotations(workload: Workload, path: readonly string[], prefix: string): string[] {
  const top = ownKeys(workload.metadata?.annotations, prefix);
  const below = ownKeys(templateAt(workload, path)?.metadata?.annotations, prefix);
  return Object.keys(top)
    .filter((key) => Object.hasOwn(below, key) && below[key] !== top[key])
    .map((key) => `${key} of the ${workload.kind ?? 'workload'} does not count: its Pod template says otherwise.`);
}

/** What a user may write, without what we write back. */
function ownKeys(annotations: Annotations | undefined, prefix: string): Annotations {
  const written = writtenKeys.map((key) => prefix + key);
  const entries = Object.entries(annotations ?? {});
  return Object.fromEntries(entries.filter(([key]) => key.startsWith(prefix) && !written.includes(key)));
}

/**
 * The annotations of the template that some field manager has applied: they are the user's own, even where the value
 * is the one that was copied. What admission changes belongs to no manager.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
function ownedKeys(metadata: V1ObjectMeta | undefined, path: readonly string[]): ReadonlySet<string> {
  const fields = [...path, 'metadata', 'annotations'].map((key) => `f:${key}`);
  const owned = (metadata?.managedFields ?? []).map(({ fieldsV1 }) =>
    fields.reduce<unknown>(
      (value, field) => (value as Readonly<Record<string, unknown>> | undefined)?.[field],
      fieldsV1,
    ),
  );
  // A text has a key for each of its letters.
  const sets = owned.filter((value) => typeof value === 'object' && value !== null);
  return new Set(sets.flatMap((value) => Object.keys(value).map((field) => field.replace(/^f:/, ''))));
}

/** Sets annotations, and removes those whose value is undefined; the same object where nothing changes. */
function withAnnotations<T extends { readonly metadata?: V1ObjectMeta }>(
  object: T,
  values: Readonly<Record<string, string | undefined>>,
): T {
  const annotations = { ...object.metadata?.annotations };
  let hasChanged = false;
  for (const [key, value] of Object.entries(values)) {
    hasChanged ||= annotations[key] !== value;
    if (value === undefined) delete annotations[key];
    else annotations[key] = value;
  }
  return hasChanged ? { ...object, metadata: { ...object.metadata, annotations } } : object;
}

/** Where each kind of workload holds the template of its Pods. */
const templatePaths: Readonly<Record<string, readonly string[]>> = {
  'apps/Deployment': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
};

/** The group of an apiVersion; empty for that of Pods, which has none. */
export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.lastIndexOf('/')) : '';

/** The path to the Pod template in a workload of this group and kind; empty for a Pod, undefined for anything else. */
export function templatePath(group: string, kind: string): readonly string[] | undefined {
  return group === '' && kind === 'Pod' ? [] : templatePaths[`${group}/${kind}`];
}

/** The Pod template at a path; undefined where the object has none. */
export function templateAt(object: unknown, path: readonly string[]): V1PodTemplateSpec | undefined {
  const found = path.reduce<unknown>(
    (value, key) => (value as Readonly<Record<string, unknown>> | null)?.[key],
    object,
  );
  return typeof found === 'object' && found !== null ? (found as V1PodTemplateSpec) : undefined;
}

/** The object with another Pod template at a path; what came in is not changed. */
export function withTemplate<T extends object>(object: T, [key, ...rest]: readonly string[], template: object): T {
  if (key === undefined) return template as T;
  const inner = (object as Readonly<Record<string, object>>)[key] ?? {};
  return { ...object, [key]: withTemplate(inner, rest, template) };
}
