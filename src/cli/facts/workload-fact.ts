import { parseQuantity } from '../../inject/fit/quantity.ts';
import { readStatus } from '../../inject/model/status.ts';
import type { PolicyScope } from '../../inject/model/scope.ts';
import { probeField, probeNames } from '../../inject/pod/additions.ts';
import { type Pod, probedContainers } from '../../inject/pod/pod.ts';
import { annotationsOnly } from '../../inject/model/scope.ts';
import { readNamespace } from '../../policy/store.ts';
import type { CheckFact, CostFact, Coverage, PodCount, WorkloadFact } from '../../report/facts.ts';
import { type Evaluable, type Evaluation, type EvaluationContext, evaluate } from '../evaluate.ts';
import { type ContainerExplanation, type Explanation, explain } from '../explain/explain.ts';

/** The counts of a workload without Pods, or whose Pods were not looked at. */
export const noPods: PodCount = { total: 0, ready: 0, injected: 0, missed: 0, restarts: 0, unproven: undefined };

/** What becomes of a workload; `newest` is the youngest of its Pods, where it has one. */
export function workloadFact(
  subject: Evaluable,
  evaluation: Evaluation,
  context: EvaluationContext,
  { newest, pods = noPods }: { readonly newest?: Pod | undefined; readonly pods?: PodCount } = {},
): WorkloadFact {
  const { kind, namespace, name, outcome } = evaluation;
  const explanation = explain(evaluation, context.prefix);
  const coverage = newest ? coverageOfPod(newest, context.prefix) : coverageOf(evaluation);
  const isAsked = outcome.request !== undefined;
  return {
    namespace,
    kind,
    name: evaluation.part === undefined ? name : `${name} (${evaluation.part})`,
    coverage,
    result: explanation.result,
    sentence: explanation.sentence,
    by: explanation.by ?? (isAsked && outcome.by === undefined ? 'annotations' : undefined),
    checks: explanation.containers.flatMap(checksOf),
    notes: [...explanation.problems, ...explanation.kept.map(({ what, why }) => `${what}: ${why}.`)],
    auto: coverage === 'none' && isUnasked(evaluation, context.prefix) ? autoOf(subject, context) : undefined,
    pods,
    cost: explanation.cost && costOf(explanation),
  };
}

/** One entry for each pattern and check of a container, with the probes that it stands behind. */
function checksOf({ name, from, probes }: ContainerExplanation): CheckFact[] {
  const preset = /^the preset (.*)$/s.exec(from)?.[1];
  const carried = probes.filter(({ pattern }) => pattern !== undefined);
  return [...Map.groupBy(carried, ({ pattern, checks }) => JSON.stringify([pattern, checks])).values()].map((same) => ({
    container: name,
    pattern: same[0]?.pattern ?? '',
    checks: same[0]?.checks ?? [],
    probes: same.map(({ probe }) => probe),
    guess: preset,
  }));
}

/** Whose probes stand in a running Pod: one in trial has none of ours. */
function coverageOfPod(pod: Pod, prefix: string): Coverage {
  const status = readStatus(pod, prefix);
  const added = new Set(status?.fields['trial'] === true ? [] : status?.added);
  if ([...added].some((what) => what.startsWith('initContainers/') || what.endsWith('Probe'))) return 'ours';
  return hasProbe(pod) ? 'own' : 'none';
}

/** Whose probes the next Pod of a workload has. */
function coverageOf({ pod, outcome }: Evaluation): Coverage {
  if (outcome.kind === 'injected' && !outcome.intent?.isTrial) return 'ours';
  return hasProbe(pod) ? 'own' : 'none';
}

const hasProbe = (pod: Pod): boolean =>
  Array.isArray(pod.spec?.containers) &&
  probedContainers(pod).some((container) => probeNames.some((probe) => container?.[probeField(probe)]));

/** Nothing asks for a check, and the author has not said a word about one either. */
const isUnasked = ({ pod, outcome }: Evaluation, prefix: string): boolean =>
  (outcome.result === 'not-asked' || outcome.result === 'namespace-disabled') &&
  !Object.keys(pod.metadata?.annotations ?? {}).some((key) => key.startsWith(prefix));

/** What the webhook's core does where the namespace asks for `auto`, and nothing else does. */
function autoOf(subject: Evaluable, context: EvaluationContext): WorkloadFact['auto'] {
  const scopeFor = (name: string): PolicyScope => {
    const scope = context.scopeFor(name);
    const namespace = { ...(scope.namespace ?? readNamespace({ name }, context.prefix)), inject: 'enabled' as const };
    return { ...scope, namespace, policies: annotationsOnly.policies };
  };
  const evaluation = evaluate(subject, { ...context, scopeFor });
  if (!evaluation) return undefined;
  const { containers, sentence } = explain(evaluation, context.prefix);
  return { checks: evaluation.outcome.kind === 'injected' ? containers.flatMap(checksOf) : [], sentence };
}

function costOf({ cost, containers }: Explanation): CostFact {
  const execs = containers.flatMap(({ probes }) =>
    probes.flatMap(({ probe, cost: each }) =>
      probe !== 'startup' && each?.kind === 'exec' ? [60 / each.periodSeconds] : [],
    ),
  );
  const { cpu = '0', memory = '0' } = cost?.sidecar ?? {};
  return {
    cpuMsPerHour: cost?.cpuMsPerHour ?? 0,
    execsPerMinute: execs.reduce((sum, each) => sum + each, 0),
    cpuMillis: inUnits(cpu, 1_000_000n),
    memoryMebibytes: inUnits(memory, 1_048_576n * 1_000_000_000n),
  };
}

const inUnits = (quantity: string, unit: bigint): number => Number(parseQuantity(quantity) ?? 0n) / Number(unit);
