import { gate } from '../health/gate.ts';
import { inject } from '../health/inject.ts';
import type { Outcome } from '../health/outcome.ts';
import { discreetSentence, sentence } from '../health/problem.ts';
import { skipReasons } from '../health/skip-reason.ts';
import { warningsOf } from '../health/warnings.ts';
import type { Pod } from '../pod/pod.ts';
import type { Surroundings } from '../policies/surroundings.ts';
import { nodesToAvoid } from '../quarantines/kept-off.ts';
import { templatePath } from '../workload/template.ts';
import { avoidNodes } from './avoid-nodes.ts';
import { type Answer, allow, deny } from './answer.ts';
import type { MutateContext } from './mutate-context.ts';
import { mutateWorkload } from './mutate-workload.ts';
import { type ReviewRequest, type ReviewResponse, podOf } from './admission.ts';

/** Answers one review without looking anything up; the object of the request is not changed. */
export function mutate(
  request: ReviewRequest,
  context: MutateContext,
  surroundings: Surroundings,
  nowMs: number,
): Answer {
  const path = templatePath(request.group, request.kind);
  if (!path) return allow(request, 'not-a-pod');
  if (request.subResource !== '') return allow(request, 'sub-resource');
  if (context.excludedNamespaces.has(request.namespace)) return allow(request, 'excluded-namespace');
  if (path.length > 0) return mutateWorkload(request, path, context, surroundings);
  if (request.operation !== 'CREATE') return allow(request, 'not-a-create');
  const pod = podOf(request.object);
  if (!pod) return allow(request, 'no-object');
  const outcome = inject(pod, context, surroundings);
  // Who names the node himself gets no other one: there the kubelet would refuse the Pod, over and over.
  const isLeftAlone =
    surroundings.namespace?.inject === 'disabled' ||
    gate(pod, context.prefix) !== undefined ||
    Boolean(pod.spec.nodeName);
  const nodes = isLeftAlone ? [] : nodesToAvoid(surroundings.keptOff, request.namespace, pod.metadata, nowMs);
  const avoiding = avoidNodes(pod, outcome.kind === 'skipped' ? pod : outcome.pod, nodes, context);
  const answer = conclude(request, outcome, avoiding.pod, avoiding.added, context);
  return nodes.length > 0 ? { ...answer, isMomentary: true } : answer;
}

/** The answer where health-injector itself could not do its work: the object is admitted unchanged, and says so. */
export const admitUnchanged = (reason: 'internal-error'): ReviewResponse => ({
  uid: '',
  allowed: true,
  warnings: [`health-injector: ${skipReasons[reason]}`],
});

function conclude(
  request: ReviewRequest,
  outcome: Outcome,
  wanted: Pod,
  avoided: readonly string[],
  { strict }: MutateContext,
): Answer {
  const warnings = warningsOf(outcome);
  switch (outcome.kind) {
    case 'skipped': {
      const { by, reason, kept } = outcome;
      const notes = { by, kept, added: [...outcome.added, ...avoided], warnings };
      const answer = allow(request, reason, { ...notes, problems: outcome.problems.map(discreetSentence) }, wanted);
      return answer.patch === undefined ? answer : { ...answer, result: 'kept-off' };
    }
    case 'rejected': {
      const problems = outcome.problems.map(discreetSentence);
      const result = 'invalid-annotations';
      if (strict) return deny(request, result, outcome.problems.map(sentence), problems);
      return allow(request, result, { problems, added: avoided, warnings }, wanted);
    }
    case 'injected': {
      const { kind, by, patterns, kept } = outcome;
      const answer = allow(
        request,
        kind,
        { by, patterns, added: [...outcome.added, ...avoided], kept, warnings },
        wanted,
      );
      return answer.patch === undefined ? { ...answer, result: 'already-injected' } : answer;
    }
    default:
      return outcome satisfies never;
  }
}
