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

const safeToEvict = 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes';

/**
 * Tells the cluster autoscaler that these emptyDirs hold nothing worth keeping a node for; what the user listed stays.
 * https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
 */
export function keepEvictable(pod: Pod, volumes: readonly string[]): Pod {
  const listed = (pod.metadata?.annotations?.[safeToEvict] ?? '').split(',').filter((name) => name !== '');
  const missing = volumes.filter((name) => !listed.includes(name));
  return missing.length === 0 ? pod : annotate(pod, { [safeToEvict]: [...listed, ...missing].join(',') });
}
