// https://kubernetes.io/docs/concepts/security/pod-security-admission/
import type { Assignment } from '../../assign.ts';
import type { HardwareIntent } from '../../intent/types.ts';
import type { Namespace } from '../../request.ts';

const enforce = 'pod-security.kubernetes.io/enforce';

/**
 * Takes pattern hardware out where it needs something of the node that the namespace's Pod Security level does not
 * allow: the apiserver would refuse the whole Pod. Where the namespace says nothing, the cluster's default counts, which
 * nobody can read.
 */
export function holdToPodSecurity(
  assignment: Assignment,
  { mode, hostPaths, devices }: HardwareIntent,
  namespace: Namespace | undefined,
): { readonly assignment: Assignment; readonly isBarred: boolean } {
  const { wishes, kept, warnings } = assignment;
  const needsNode = wishes.has('hardware') && mode === 'sidecar' && hostPaths.length + devices.length > 0;
  const level = namespace?.labels[enforce];
  if (!needsNode || !namespace || level === 'privileged') return { assignment, isBarred: false };
  if (level === undefined) {
    const warning =
      `The Pod needs host paths, which Pod Security allows at the level privileged only: namespace ${namespace.name} ` +
      `has no label ${enforce}, and where the cluster's default is another level the Pod is refused.`;
    return { assignment: { ...assignment, warnings: [...warnings, warning] }, isBarred: false };
  }
  // Any other value is taken for restricted.
  const why = `Pod Security of namespace ${namespace.name} is at the level ${level}, which allows no host paths`;
  const others = new Map([...wishes].filter(([pattern]) => pattern !== 'hardware'));
  const told = others.size > 0 ? [`Pattern hardware is left out: ${why}.`] : [];
  return {
    assignment: { wishes: others, kept: [...kept, { what: 'hardware', why }], warnings: [...warnings, ...told] },
    isBarred: others.size === 0,
  };
}
