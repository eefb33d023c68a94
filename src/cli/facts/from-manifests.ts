import type { ManifestFile } from '../files.ts';
import { isHealthPolicy } from '../../policy/policy.ts';
import { readNamespace } from '../../policy/store.ts';
import type { ReportFacts } from '../../report/facts.ts';
import { type EvaluationContext, evaluateAll, withNamespaces } from '../evaluate.ts';
import { policyFact } from './policy-fact.ts';
import { workloadFact } from './workload-fact.ts';

/** What stands in manifests: their workloads as the webhook would make them, and the policies among them. */
export function factsOfManifests(
  files: readonly ManifestFile[],
  context: EvaluationContext,
  takenAt: string,
): ReportFacts {
  const objects = files.flatMap(({ manifest }) => manifest.objects);
  const within = withNamespaces(context, objects);
  const evaluated = evaluateAll(files, context);
  const names = files.map(({ name }) => name);
  return {
    takenAt,
    subject: names.length === 1 ? (names[0] ?? '') : `${names.length} manifests`,
    isLive: false,
    kubernetes: undefined,
    namespaces: objects
      .filter(({ kind }) => kind === 'Namespace')
      .map(({ name, value }) => ({
        name,
        inject: readNamespace({ name, ...(value['metadata'] as object | null) }, context.prefix).inject,
      })),
    workloads: evaluated.map((evaluation) => workloadFact(evaluation.object, evaluation, within)),
    policies: objects.flatMap(({ value }) => (isHealthPolicy(value) ? [policyFact(value, context)] : [])),
    quarantines: [],
    events: [],
    certificates: [],
    unseen: [],
  };
}
