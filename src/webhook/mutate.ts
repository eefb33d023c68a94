import { inject } from '../health/inject.ts';
import type { Outcome } from '../health/outcome.ts';
import { sentence } from '../health/problem.ts';
import { skipReasons } from '../health/skip-reason.ts';
import { warningsOf } from '../health/warnings.ts';
import { type Surroundings, noSurroundings } from '../policies/surroundings.ts';
import { templatePath } from '../workload/template.ts';
import { type Answer, allow, deny } from './answer.ts';
import type { MutateContext } from './mutate-context.ts';
import { mutateWorkload } from './mutate-workload.ts';
import { type ReviewRequest, type ReviewResponse, podOf } from './review.ts';

/** Answers one review without looking anything up; the object of the request is not changed. */
export function mutate(
  request: ReviewRequest,
  context: MutateContext,
  surroundings: Surroundings = noSurroundings,
): Answer {
  const path = templatePath(request.group, request.kind);
  if (!path) return allow(request, 'not-a-pod');
  if (request.subResource !== '') return allow(request, 'sub-resource');
  if (context.excludedNamespaces.has(request.namespace)) return allow(request, 'excluded-namespace');
  if (path.length > 0) return mutateWorkload(request, path, context, surroundings);
  if (request.operation !== 'CREATE') return allow(request, 'not-a-create');
  const pod = podOf(request.object);
  return pod ? conclude(request, inject(pod, context, surroundings), context) : allow(request, 'no-object');
}

/** The answer when health-injector itself failed: the object is admitted unchanged, and says so. */
export const failOpen = (uid: string): ReviewResponse => ({
  uid,
  allowed: true,
  warnings: [`health-injector: ${skipReasons['internal-error']}`],
});

function conclude(request: ReviewRequest, outcome: Outcome, { strict }: MutateContext): Answer {
  const warnings = warningsOf(outcome);
  switch (outcome.kind) {
    case 'skipped': {
      const { by, reason, kept, added } = outcome;
      return allow(request, reason, { by, kept, added, warnings, problems: outcome.problems.map(sentence) });
    }
    case 'rejected': {
      const problems = outcome.problems.map(sentence);
      const result = 'invalid-annotations';
      if (strict) return deny(request, result, problems);
      return allow(request, result, { problems, warnings }, outcome.pod);
    }
    case 'injected': {
      const { kind, pod, by, patterns, added, kept } = outcome;
      const answer = allow(request, kind, { by, patterns, added, kept, warnings }, pod);
      return answer.patch === undefined ? { ...answer, result: 'already-injected' } : answer;
    }
    default:
      return outcome satisfies never;
  }
}
