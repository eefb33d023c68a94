import type { Pod } from '../pod/pod.ts';
import type { SkipReason } from './skip-reason.ts';

/** The reason for which a Pod must not be touched whatever its annotations say; undefined for most. */
export function exclusionReason({ metadata, spec }: Pod): SkipReason | undefined {
  const { annotations, labels } = metadata ?? {};
  if (annotations && Object.hasOwn(annotations, 'kubernetes.io/config.mirror')) return 'mirror-pod';
  if (spec.os?.name === 'windows' || spec.nodeSelector?.['kubernetes.io/os'] === 'windows') return 'windows-pod';
  if (labels?.['app.kubernetes.io/part-of'] === 'health-injector') return 'own-pod';
  return undefined;
}
