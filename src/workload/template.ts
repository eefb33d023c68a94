// https://kubernetes.io/docs/concepts/workloads/controllers/
import type { V1PodTemplateSpec } from '@kubernetes/client-node';

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
