import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { exportPolicies } from '../export/health-policy.ts';
import { firstMinor } from '../export/objects.ts';
import { exportRefusals } from '../export/refusals.ts';
import { type Exported, exportWorkload, refused } from '../export/workload.ts';
import type { InjectionResult } from '../inject/outcome.ts';
import { templateAt } from '../inject/workload.ts';
import type { HealthPolicy } from '../policy/policy.ts';
import { type EvaluatedObject, type EvaluationContext, titleOf } from './evaluate.ts';

/** The results by the order in which they are printed; `byPolicy` are workloads that an exported HealthPolicy speaks for. */
export type Exports = {
  readonly results: readonly Exported[];
  readonly byPolicy: readonly { readonly object: EvaluatedObject; readonly policy: string }[];
};

/** What is exported is evaluated so: pauses and the restart budget need the controller, and without it their volume is of no use. */
export const exportContext = (context: EvaluationContext): EvaluationContext => ({
  ...context,
  holds: { maxPauseMs: 0, restartBudgetPercent: 0 },
});

/** What happens to Pods for which nothing is wanted. */
const unasked: ReadonlySet<InjectionResult> = new Set(['namespace-disabled', 'not-asked', 'opted-out']);

/** Exports the HealthPolicies, and the workloads for which no exported one speaks; those that ask for nothing are passed over. */
export function exportAll(
  objects: readonly EvaluatedObject[],
  policies: readonly HealthPolicy[],
  context: EvaluationContext,
): Exports {
  const { minor } = context.kubernetes;
  if (minor !== undefined && minor < firstMinor) {
    const sources = [...policies.map(({ metadata }) => `HealthPolicy ${metadata.name ?? ''}`), ...objects.map(titleOf)];
    return {
      results: sources.map((source) => ({ kind: 'refused', source, why: exportRefusals['no-policies-api'] })),
      byPolicy: [],
    };
  }
  const ofPolicies = exportPolicies(policies, context);
  const exported = new Set(ofPolicies.flatMap((each) => (each.kind === 'exported' ? [each.policy.source] : [])));
  const asking = objects.filter(({ outcome, leftAlone }) => leftAlone !== undefined || !unasked.has(outcome.result));
  const byPolicy = asking.flatMap((object) => {
    const { by } = object.outcome;
    return by !== undefined && exported.has(by) && isOrdinary(object, context.prefix) ? [{ object, policy: by }] : [];
  });
  const alone = asking.filter((object) => !byPolicy.some((each) => each.object === object));
  return { results: onceByName([...ofPolicies, ...alone.map((object) => exportObject(object, context))]), byPolicy };
}

/** True for a Pod for which the policy of a HealthPolicy acts; another one gets a policy of its own. */
function isOrdinary({ pod: { metadata, spec }, outcome }: EvaluatedObject, prefix: string): boolean {
  const keys = Object.keys(metadata?.annotations ?? {});
  const isPlain = !keys.some((key) => key.startsWith(prefix) || key === 'kubectl.kubernetes.io/default-container');
  const isLasting = (spec.restartPolicy ?? 'Always') === 'Always';
  return isPlain && isLasting && spec.hostNetwork !== true && outcome.skippedItems.length === 0;
}

/** Of two policies with one name the apiserver would have the second alone. */
function onceByName(results: readonly Exported[]): Exported[] {
  const names = new Set<string>();
  return results.map((each) => {
    if (each.kind === 'refused') return each;
    const { name, source } = each.policy;
    if (names.has(name)) return refused(source, 'same-name');
    names.add(name);
    return each;
  });
}

function exportObject(evaluated: EvaluatedObject, context: EvaluationContext): Exported {
  const { kind, name, part, pod, outcome, before, templatePath, leftAlone } = evaluated;
  const source = titleOf(evaluated);
  if (leftAlone) return { kind: 'refused', source, why: leftAlone.message };
  const namespace = evaluated.namespace || context.namespace;
  const template = templateAt(before, templatePath) as V1PodTemplateSpec | undefined;
  const written = template?.metadata?.annotations ?? {};
  const all = Object.entries(pod.metadata?.annotations ?? {});
  const scope = context.scopeFor(namespace);
  const { container, pod: ofPod, quotas } = scope.resourceRules();
  return exportWorkload(
    {
      source,
      kind,
      namespace,
      name: name || (pod.metadata?.generateName ?? ''),
      part,
      ownAnnotations: Object.fromEntries(all.filter(([key]) => Object.hasOwn(written, key))),
      pod,
      outcome,
      hasRules: container.size + ofPod.size + quotas.length > 0,
      hasUidRange: scope.namespace?.hasUidRange === true,
    },
    context,
  );
}
