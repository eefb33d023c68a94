// https://kubernetes.io/docs/concepts/windows/user-guide/#ensuring-os-specific-workloads-land-on-the-appropriate-container-host
import type { V1NodeSelectorTerm } from '@kubernetes/client-node';
import { type Pod, allContainers } from './pod/pod.ts';

/** The labels that say the system of a node; older manifests select by the second. */
const systemLabels = ['kubernetes.io/os', 'beta.kubernetes.io/os'];

/** True for a Pod that can only run on a node with Windows. */
export function isForWindows(pod: Pod): boolean {
  const { os, nodeSelector, affinity, securityContext } = pod.spec;
  if (os?.name) return os.name === 'windows';
  if (systemLabels.some((label) => nodeSelector?.[label] === 'windows')) return true;
  const contexts = [securityContext, ...allContainers(pod).map((container) => container.securityContext)];
  if (contexts.some((context) => context?.windowsOptions?.hostProcess === true)) return true;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  // One term of a list is enough for a node, and a term without expressions holds for none.
  return Array.isArray(terms) && terms.length > 0 && terms.every(excludesLinux);
}

const excludesLinux = (term: V1NodeSelectorTerm | undefined): boolean =>
  (term?.matchExpressions ?? []).some(({ key, operator, values }) => {
    if (!systemLabels.includes(key)) return false;
    const hasLinux = (values ?? []).includes('linux');
    return operator === 'In' ? !hasLinux && (values ?? []).includes('windows') : operator === 'NotIn' && hasLinux;
  });
