import type { KubernetesObject, V1ObjectMeta } from '@kubernetes/client-node';
import { writtenKeys } from '../../inject/intent/annotations.ts';
import { templateAt, templatePath } from '../../inject/workload.ts';

/** Where the workloads are whose annotations the webhook copies down, by API, collection and kind; a Job cannot be changed. */
export const workloadKinds = [
  ['/apis/apps/v1', 'deployments', 'Deployment'],
  ['/apis/apps/v1', 'statefulsets', 'StatefulSet'],
  ['/apis/apps/v1', 'daemonsets', 'DaemonSet'],
  ['/apis/batch/v1', 'cronjobs', 'CronJob'],
] as const;

/** A workload whose own annotations are not on its template: it was applied while the webhook could not be asked. */
export type Uncopied = { readonly kind: string; readonly metadata: V1ObjectMeta; readonly keys: readonly string[] };

/** The workload with what was not copied down; undefined where all is there, or it says nothing. */
export function uncopiedOf(workload: KubernetesObject, kind: string, prefix: string): Uncopied | undefined {
  const { metadata = {} } = workload;
  const path = templatePath(kind === 'CronJob' ? 'batch' : 'apps', kind);
  const below = path && templateAt(workload, path)?.metadata?.annotations;
  const written = writtenKeys.map((key) => prefix + key);
  const keys = Object.keys(metadata.annotations ?? {}).filter(
    (key) => key.startsWith(prefix) && !written.includes(key) && !Object.hasOwn(below ?? {}, key),
  );
  return keys.length === 0 ? undefined : { kind, metadata, keys };
}

/** The command that gives a workload new Pods, which the webhook is asked about; undefined for a kind that kubectl cannot restart. */
export function mendingCommand(kind: string, namespace: string, name: string, prefix: string): string | undefined {
  const words = { Deployment: 'deployment', StatefulSet: 'statefulset', DaemonSet: 'daemonset' };
  const where = `-n ${namespace}`;
  if (Object.hasOwn(words, kind)) {
    return `kubectl rollout restart ${words[kind as keyof typeof words]}/${name} ${where}`;
  }
  // Any change will do to have the webhook asked: its next Job has what is copied then.
  return kind === 'CronJob' ? `kubectl annotate cronjob/${name} ${where} --overwrite ${prefix}copied=again` : undefined;
}
