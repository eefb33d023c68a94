// https://kubernetes.io/docs/concepts/security/pod-security-admission/
import type { Namespace } from '../../model/scope.ts';
import type { Permission } from '../pattern.ts';
import type { HardwareOptions } from './options.ts';

const enforce = 'pod-security.kubernetes.io/enforce';

/**
 * Forbids what needs something of the node that the namespace's Pod Security level does not allow: the apiserver would
 * refuse the whole Pod. Where the namespace says nothing, the cluster's default counts, which cannot be read.
 */
export function nodePermission(
  { mode, hostPaths, devices }: HardwareOptions,
  namespace: Namespace | undefined,
): Permission {
  const needsNode = mode === 'sidecar' && hostPaths.length + devices.length > 0;
  const level = namespace?.labels[enforce];
  if (!needsNode || !namespace || level === 'privileged') return { isAllowed: true, warnings: [] };
  if (level === undefined) {
    const warning =
      `The Pod needs host paths, which Pod Security allows at the level privileged only: namespace ${namespace.name} ` +
      `has no label ${enforce}, and where the cluster's default is another level the Pod is refused.`;
    return { isAllowed: true, warnings: [warning] };
  }
  // Any other value is taken for restricted.
  const why = `Pod Security of namespace ${namespace.name} is at the level ${level}, which allows no host paths`;
  return { isAllowed: false, reason: 'pod-security', why };
}
