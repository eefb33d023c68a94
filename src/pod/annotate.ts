import type { Pod } from './pod.ts';

/** Sets annotations, and removes those whose value is undefined; the Pod that came in is not changed. */
export function annotate(pod: Pod, values: Readonly<Record<string, string | undefined>>): Pod {
  const annotations = { ...pod.metadata?.annotations };
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) delete annotations[key];
    else annotations[key] = value;
  }
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

/** The annotation that `keepEvictable` writes. */
export const safeToEvict = 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes';

/**
 * Tells the cluster autoscaler that these volumes hold nothing worth keeping a node for; what the user listed stays.
 * https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
 */
export function keepEvictable(pod: Pod, volumes: readonly string[]): Pod {
  const written = pod.metadata?.annotations?.[safeToEvict] ?? '';
  const listed = written.split(',');
  const missing = volumes.filter((name) => !listed.includes(name));
  const value = [...(written === '' ? [] : [written]), ...missing].join(',');
  return missing.length === 0 ? pod : annotate(pod, { [safeToEvict]: value });
}
