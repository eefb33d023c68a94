// https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
import type { V1PodAffinityTerm } from '@kubernetes/client-node';
import { itemsOf } from '../pod/limits.ts';
import type { Pod } from '../pod/pod.ts';
import type { SummedPod } from './summed.ts';
import type { Quota, QuotaScope } from './rules.ts';

/** Whether a quota counts a Pod that asks for these resources: each of its scopes has to hold. */
export const matchesQuota = ({ rule }: Quota, pod: Pod, resources: SummedPod): boolean =>
  rule.scopes.every((scope) => matchesScope(scope, pod, resources));

function matchesScope(scope: QuotaScope, { spec }: Pod, resources: SummedPod): boolean {
  switch (scope.scopeName) {
    case 'Terminating':
      return isTerminating(spec.activeDeadlineSeconds);
    case 'NotTerminating':
      return !isTerminating(spec.activeDeadlineSeconds);
    case 'BestEffort':
      return resources.qosClass() === 'BestEffort';
    case 'NotBestEffort':
      return resources.qosClass() !== 'BestEffort';
    case 'PriorityClass':
      return matchesValue(scope, spec.priorityClassName ?? '');
    case 'CrossNamespacePodAffinity':
      return affinityTerms(spec.affinity).some(
        (term) => (term?.namespaces ?? []).length > 0 || (term?.namespaceSelector ?? undefined) !== undefined,
      );
    default:
      return false;
  }
}

const isTerminating = (deadlineSeconds: unknown): boolean =>
  typeof deadlineSeconds === 'number' && deadlineSeconds >= 0;

function matchesValue({ operator, values }: QuotaScope, value: string): boolean {
  switch (operator) {
    case 'In':
      return value !== '' && values.includes(value);
    case 'NotIn':
      return value === '' || !values.includes(value);
    case 'Exists':
      return value !== '';
    case 'DoesNotExist':
      return value === '';
    default:
      return false;
  }
}

/** All terms of the affinity to Pods and against them. */
function affinityTerms(affinity: Pod['spec']['affinity']): readonly (V1PodAffinityTerm | undefined)[] {
  const kinds = [affinity?.podAffinity, affinity?.podAntiAffinity];
  const required = kinds.flatMap((kind) => itemsOf(kind?.requiredDuringSchedulingIgnoredDuringExecution));
  const preferred = kinds.flatMap((kind) => itemsOf(kind?.preferredDuringSchedulingIgnoredDuringExecution));
  return [...required, ...preferred.map((weighted) => weighted?.podAffinityTerm)];
}
