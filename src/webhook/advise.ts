import { disabledWarnings, hintsFor, unknownInject } from '../inject/hints.ts';
import { sentence } from '../inject/model/problems.ts';
import type { PolicyScope } from '../inject/model/scope.ts';
import { templateAt, templatePath } from '../inject/workload.ts';
import { type HealthPolicy, isHealthPolicy } from '../policy/policy.ts';
import { readNamespace } from '../policy/store.ts';
import { policyProblems } from '../policy/validate.ts';
import { type Answer, allow } from './answer.ts';
import { type ReviewRequest, workloadOf } from './admission.ts';
import type { MutateContext } from './mutate-context.ts';

/**
 * Answers the review of an object that `mutate` is not asked about, with warnings and never with a patch: a policy, a
 * Namespace, and what has annotations that count for nothing.
 */
export function advise(request: ReviewRequest, context: MutateContext, scope: PolicyScope): Answer {
  const warnings = warningsAbout(request, context, scope);
  return allow(request, warnings.length > 0 ? 'advised' : 'not-a-pod', { warnings });
}

function warningsAbout(
  { object, group, kind }: ReviewRequest,
  context: MutateContext,
  { namespace }: PolicyScope,
): readonly string[] {
  const { prefix } = context;
  if (isHealthPolicy(object)) return policyWarnings(object, context);
  const path = templatePath(group, kind);
  if (path) {
    const workload = workloadOf(object, path);
    const applied = [workload, workload && templateAt(workload, path)];
    return namespace?.inject === 'disabled' ? disabledWarnings(applied, prefix) : hintsFor(applied, prefix);
  }
  const metadata = group === '' && kind === 'Namespace' ? workloadOf(object, [])?.metadata : undefined;
  const hint = metadata && unknownInject(readNamespace(metadata, prefix), prefix);
  return hint ? [hint] : [];
}

/** The mistakes of a policy, which its schema is held against only after this. */
function policyWarnings(policy: HealthPolicy, context: MutateContext): string[] {
  const { inject } = policy.spec ?? {};
  const isSound = typeof inject === 'object' && Object.values(inject ?? {}).every((word) => isText(word));
  const problems = isSound ? policyProblems(policy, context) : [];
  return problems.length === 0 ? [] : [...problems.map(sentence), 'The policy has a mistake, and adds no probes.'];
}

const isText = (word: unknown): boolean => typeof word === 'string' || typeof word === 'number';
