// https://kubernetes.io/docs/reference/node/node-status/#condition
import { type Check, isRefusal } from '../../../check/check.ts';
import { parseDuration } from '../../../check/kinds.ts';
import { parseCheck } from '../../../check/parse.ts';
import { schemes } from '../../../check/schemes.ts';
import type { Problem } from '../../model/problems.ts';
import type { RecordedStatus } from '../../model/status.ts';
import type { ContainerAssignment, PatternPlan, PlanContext } from '../pattern.ts';
import { unasked } from '../trial-flags.ts';

/** A condition that others set on the node, and when it counts as a failure of the node. */
export type ConditionCheck = {
  readonly type: string;
  readonly status: string;
  /** How long the condition has to have been so. */
  readonly forMs: number;
};

/** The controller looks at each of them whenever a condition of the node changes. */
const mostConditions = 16;

/** True for a check that the controller reads off the node, and that no agent asks. */
export const isOfNode = ({ scheme }: Pick<Check, 'scheme'>): boolean => schemes.get(scheme)?.byController === true;

/** What agents ask of these assignments: nothing of the conditions of the node. */
export const askedOfAgents = (assignments: readonly ContainerAssignment[]): readonly ContainerAssignment[] =>
  assignments.flatMap((assignment) => {
    const probes = assignment.probes
      .map((probe) => ({ ...probe, checks: probe.checks.filter((check) => !isOfNode(check)) }))
      .filter(({ checks }) => checks.length > 0);
    return probes.length === 0 ? [] : [{ ...assignment, probes }];
  });

/** The checks of conditions, each once: the node of the Pod is the same for all its containers. */
export const conditionTexts = (assignments: readonly ContainerAssignment[]): readonly string[] => [
  ...new Set(
    assignments.flatMap(({ probes }) =>
      probes.flatMap(({ checks }) => checks.filter(isOfNode).map(({ text }) => text)),
    ),
  ),
];

/** What is to be said about the conditions that a Pod asks for: nothing is added for them but the label. */
export function planConditions(
  assignments: readonly ContainerAssignment[],
  { intent }: Pick<PlanContext, 'intent'>,
): PatternPlan {
  const count = conditionTexts(assignments).length;
  const [annotation = ''] = assignments.flatMap(({ probes }) => probes.map((probe) => probe.annotation));
  const received = `received ${count} checks of conditions of the node`;
  const problems: readonly Problem[] =
    count > mostConditions ? [{ annotation, received, expected: `at most ${mostConditions}` }] : [];
  const left = intent.isTrial
    ? unasked(assignments, ({ checks }) => (checks.some(isOfNode) ? noTrial : undefined))
    : { warnings: [] };
  return { additions: [], problems, ...left };
}

const noTrial = 'the controller reads the conditions of the node, and for no Pod on trial';

/** The conditions that a Pod was injected with. Anyone may have written the status: what is no such check is passed over. */
export function readConditions({ fields }: RecordedStatus): readonly ConditionCheck[] {
  const texts = (fields as { readonly hardware?: { readonly conditions?: unknown } | null }).hardware?.conditions;
  if (!Array.isArray(texts)) return [];
  return texts.slice(0, mostConditions).flatMap((text): ConditionCheck[] => {
    const check = typeof text === 'string' ? parseCheck(text) : undefined;
    if (!check || isRefusal(check) || !isOfNode(check)) return [];
    const { path: type, options } = check;
    return [{ type, status: options.get('status') ?? 'True', forMs: parseDuration(options.get('for') ?? '') ?? 0 }];
  });
}
