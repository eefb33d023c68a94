import type { Outcome } from '../inject/outcome.ts';
import { type Problem, sentence } from '../inject/model/problems.ts';
import { skipReasons } from '../inject/skip-reasons.ts';
import type { Pod } from '../inject/pod/pod.ts';
import { type Condition, annotationConditions, conditionsFor } from './conditions.ts';
import { type ExportRefusal, exportRefusals } from './refusals.ts';
import { type ExportedPolicy, guardedPatch, policyObjects, takingPart } from './objects.ts';
import { type Recipe, recipeOf } from './recipe.ts';
import { celText } from './cel.ts';

/** A policy, or one sentence on why there is none. */
export type Exported =
  | { readonly kind: 'exported'; readonly policy: ExportedPolicy }
  | { readonly kind: 'refused'; readonly source: string; readonly why: string };

/** A Pod, or a workload whose Pods are injected. */
export type ExportedWorkload = {
  /** Such as `Deployment shop/redis`. */
  readonly source: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly part: string | undefined;
  /** The annotations that stand on the template itself; the Pod has those of the workload too. */
  readonly ownAnnotations: Readonly<Record<string, string>>;
  /** As the webhook sees it. */
  readonly pod: Pod;
  readonly outcome: Outcome;
  /** A LimitRange or a ResourceQuota of its namespace was read. */
  readonly hasRules: boolean;
  /** Its namespace gives the containers uids of a range. */
  readonly hasUidRange: boolean;
};

/** What an export goes by. */
export type ExportSettings = { readonly prefix: string; readonly leaveUid: boolean };

export const refused = (source: string, reason: ExportRefusal): Exported => ({
  kind: 'refused',
  source,
  why: exportRefusals[reason],
});

/** Makes the policy that does to the Pods of a workload what the webhook does to them. */
export function exportWorkload(workload: ExportedWorkload, { prefix, leaveUid }: ExportSettings): Exported {
  const { source, kind, namespace, pod, outcome, ownAnnotations } = workload;
  const notInjected = reasonNotToExport(outcome);
  if (notInjected !== undefined) return { kind: 'refused', source, why: notInjected };
  const written = { ...pod, metadata: { ...pod.metadata, annotations: { ...ownAnnotations } } };
  const recipe = recipeOf(written, outcome.pod);
  const reason = recipe ? reasonAgainst(workload, recipe) : 'not-additions-alone';
  if (!recipe || reason !== undefined) return refused(source, reason ?? 'not-additions-alone');
  const name = policyName([namespace, kind, workload.name, workload.part]);
  if (name.length > longestName) return refused(source, 'long-name');
  const subject = { pod: written, recipe, prefix };
  const isOurs = ([key]: readonly [string, string]): boolean => key.startsWith(prefix);
  const own = Object.fromEntries(Object.entries(ownAnnotations).filter(isOurs));
  const copied = Object.fromEntries(
    Object.entries(pod.metadata?.annotations ?? {}).filter(([key]) => key.startsWith(prefix) && !(key in own)),
  );
  const policy = policyObjects({
    source,
    name,
    namespaces: takingPart({ matchLabels: { 'kubernetes.io/metadata.name': namespace } }, prefix, []),
    pods: { matchLabels: labelsOf(pod) },
    conditions: [...nameCondition(workload), ...conditionsFor(subject), ...annotationConditions(own, copied, prefix)],
    patch: guardedPatch(recipe, written, { prefix, leaveUid, hasUidRange: workload.hasUidRange }),
  });
  return { kind: 'exported', policy };
}

/** Why nothing is injected that could be exported, in sentences; undefined where something is. */
export function reasonNotToExport(outcome: Outcome): string | undefined {
  const { intent, assignment, exclusions } = outcome;
  if (exclusions.length > 0) return exportRefusals.quarantine;
  if (outcome.kind === 'injected' && intent?.isTrial) return exportRefusals['on-trial'];
  switch (outcome.kind) {
    case 'rejected':
      return sentences(outcome.problems);
    case 'skipped':
      return [skipReasons[outcome.reason], sentences(outcome.problems)].join(' ').trim();
    case 'injected': {
      const assigned = [...(assignment?.byPattern.values() ?? [])].flat();
      const isFound =
        intent?.containers.some(({ found }) => found !== undefined) === true ||
        assigned.some(({ probes }) => probes.some(({ isGuess }) => isGuess));
      if (outcome.result === 'already-injected') return skipReasons['already-injected'];
      if (outcome.patterns.includes('hardware')) return exportRefusals.hardware;
      return isFound ? exportRefusals.detected : undefined;
    }
    default:
      return outcome satisfies never;
  }
}

const sentences = (problems: readonly Problem[]): string => problems.map(sentence).join(' ');

function reasonAgainst(workload: ExportedWorkload, recipe: Recipe): ExportRefusal | undefined {
  const { kind, name, namespace, pod, hasRules } = workload;
  if (namespace === '') return 'no-namespace';
  const hasAgent = recipe.initContainers.length > 0;
  if (hasAgent && hasRules) return 'namespace-rules';
  if (hasAgent && pod.spec.resources !== undefined) return 'pod-resources';
  const isNamed = kind === 'Pod' && (name !== '' || pod.metadata?.generateName !== undefined);
  return Object.keys(labelsOf(pod)).length === 0 && !isNamed ? 'no-label' : undefined;
}

/** The labels that controllers give to each Pod anew. */
const changingLabels: ReadonlySet<string> = new Set([
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-completion-index',
  'batch.kubernetes.io/job-name',
  'controller-revision-hash',
  'controller-uid',
  'job-name',
  'pod-template-generation',
  'pod-template-hash',
  'statefulset.kubernetes.io/pod-name',
]);

const labelsOf = ({ metadata }: Pod): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata?.labels ?? {}).filter(([key]) => !changingLabels.has(key)));

/** A Pod without a workload is known by its name. */
function nameCondition({ kind, pod }: ExportedWorkload): Condition[] {
  const { name, generateName } = pod.metadata ?? {};
  if (kind !== 'Pod') return [];
  const [field, value] = name === undefined ? ['generateName', generateName] : ['name', name];
  return value === undefined
    ? []
    : [{ name: 'is-that-pod', expression: `object.metadata.?${field}.orValue("") == ${celText(value)}` }];
}

const longestName = 253;

/** The name of a policy, of the words of what it was made of. */
export const policyName = (words: readonly (string | undefined)[]): string =>
  ['health-injector', ...words.filter((word) => word !== undefined && word !== '')]
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]/g, '-')
    .split('-')
    .filter((word) => word !== '')
    .join('-');
