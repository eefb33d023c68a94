import { inject } from '../inject/inject.ts';
import { discreetSentence, sentence } from '../inject/model/problems.ts';
import { skipReasons } from '../inject/skip-reasons.ts';
import { warningsOf } from '../inject/outcome.ts';
import type { PolicyScope } from '../inject/model/scope.ts';
import { templatePath } from '../inject/workload.ts';
import { type Answer, allow, deny } from './answer.ts';
import type { MutateContext } from './mutate-context.ts';
import { mutateWorkload } from './mutate-workload.ts';
import { type ReviewRequest, type ReviewResponse, podOf } from './admission.ts';

/** Answers one review without looking anything up; the object of the request is not changed. */
export function mutate(request: ReviewRequest, context: MutateContext, scope: PolicyScope): Answer {
  const path = templatePath(request.group, request.kind);
  if (!path) return allow(request, 'not-a-pod');
  if (request.subResource !== '') return allow(request, 'sub-resource');
  if (context.excludedNamespaces.has(request.namespace)) return allow(request, 'excluded-namespace');
  if (path.length > 0) return mutateWorkload(request, path, context, scope);
  return mutatePod(request, context, scope);
}

function mutatePod(request: ReviewRequest, context: MutateContext, scope: PolicyScope): Answer {
  if (request.operation !== 'CREATE') return allow(request, 'not-a-create');
  const pod = podOf(request.object);
  if (!pod) return allow(request, 'no-object');
  const outcome = inject(pod, context, scope);
  const { result, by, added, skippedItems } = outcome;
  const problems = outcome.kind === 'injected' ? [] : outcome.problems;
  if (outcome.kind === 'rejected' && context.strict) {
    return deny(request, 'invalid-annotations', problems.map(sentence), problems.map(discreetSentence));
  }
  const notes = {
    by,
    added,
    kept: skippedItems,
    patterns: outcome.kind === 'injected' ? outcome.patterns : [],
    warnings: warningsOf(outcome),
    problems: problems.map(discreetSentence),
  };
  return allow(request, result, notes, outcome.pod);
}

/** Why health-injector itself could not do its work. */
export type Unanswered = 'internal-error' | 'too-costly';

/** The answer where it could not: the object is admitted unchanged, and the response says so. */
export const admitUnchanged = (reason: Unanswered): ReviewResponse => ({
  uid: '',
  allowed: true,
  warnings: [`health-injector: ${skipReasons[reason]}`],
});
