import { disabledWarnings } from '../inject/hints.ts';
import { inject } from '../inject/inject.ts';
import { exceededAnnotationLimit } from '../inject/pod/limits.ts';
import { warningsOf } from '../inject/outcome.ts';
import type { PolicyScope } from '../inject/model/scope.ts';
import { propagateAnnotations, shadowedAnnotations, templateAt } from '../inject/workload.ts';
import { type Answer, allow } from './answer.ts';
import type { MutateContext } from './mutate-context.ts';
import { type ReviewRequest, podOf, workloadOf } from './admission.ts';

/**
 * Answers the review of a workload: its annotations go down to the template, and what its Pods would be told is told
 * to the user who applies it, since no user sees the warnings of a Pod that a controller creates.
 */
export function mutateWorkload(
  request: ReviewRequest,
  path: readonly string[],
  context: MutateContext,
  scope: PolicyScope,
): Answer {
  const { operation, kind } = request;
  const workload = workloadOf(request.object, path);
  if (!workload) return allow(request, 'no-object');
  if (operation !== 'CREATE' && operation !== 'UPDATE') return allow(request, 'not-a-create');
  // The template of a Job cannot be changed once it is there.
  if (operation === 'UPDATE' && kind === 'Job') return allow(request, 'not-a-create');
  if (scope.namespace?.inject === 'disabled') {
    const warnings = disabledWarnings([workload, templateAt(workload, path)], context.prefix);
    return allow(request, 'namespace-disabled', { warnings });
  }
  const owners = workload.metadata?.ownerReferences ?? [];
  if (owners.some((owner) => owner.kind === 'Deployment' || owner.kind === 'CronJob')) {
    return allow(request, 'owned-workload');
  }
  const old = workloadOf(request.oldObject, path);
  const written = [workload, templateAt(workload, path), old, old && templateAt(old, path)];
  if (written.some((each) => exceededAnnotationLimit(each?.metadata?.annotations ?? {}) !== undefined)) {
    return allow(request, 'too-large');
  }
  const wanted = propagateAnnotations(workload, old, path, context.prefix);
  const pod = podOf(templateAt(wanted, path));
  const told = pod ? warningsOf(inject(pod, context, scope)) : [];
  const warnings = [...shadowedAnnotations(wanted, path, context.prefix), ...told];
  return allow(request, wanted === workload ? 'nothing-to-copy' : 'copied', { warnings }, wanted);
}
