import type { Pod } from '../pod/pod.ts';
import { exceededLimit } from '../pod/limits.ts';
import type { SkipReason } from './skip-reason.ts';

/** The reason for which a Pod must not be touched whatever its annotations say; undefined for most. */
export function gate(pod: Pod, prefix: string): SkipReason | undefined {
  if (exceededLimit(pod, prefix) !== undefined) return 'too-large';
  const { annotations, labels } = pod.metadata ?? {};
  if (annotations && Object.hasOwn(annotations, 'kubernetes.io/config.mirror')) return 'mirror-pod';
  if (pod.spec.os?.name === 'windows' || pod.spec.nodeSelector?.['kubernetes.io/os'] === 'windows')
    return 'windows-pod';
  if (labels?.['app.kubernetes.io/part-of'] === 'health-injector') return 'own-pod';
  return undefined;
}
