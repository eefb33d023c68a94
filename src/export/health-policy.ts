import type { V1LabelSelector, V1ResourceRequirements } from '@kubernetes/client-node';
import type { InjectionContext } from '../inject/decide.ts';
import { inject } from '../inject/inject.ts';
import { annotationsOnly } from '../inject/model/scope.ts';
import type { Pod } from '../inject/pod/pod.ts';
import { createPolicySet } from '../policy/policy-set.ts';
import { type HealthPolicy, type Policy, compilePolicy } from '../policy/policy.ts';
import { anyContainer } from './cel.ts';
import { conditionsFor, ordinaryConditions } from './conditions.ts';
import { guardedPatch, policyObjects, takingPart } from './objects.ts';
import { recipeOf } from './recipe.ts';
import { exportRefusals } from './refusals.ts';
import { type Exported, policyName, reasonNotToExport, refused } from './workload.ts';

/** What exporting HealthPolicies goes by. */
export type PolicySettings = InjectionContext & { readonly excludedNamespaces: ReadonlySet<string> };

/** Exports HealthPolicies, each of which speaks for the Pods that none before it selects. */
export function exportPolicies(policies: readonly HealthPolicy[], settings: PolicySettings): Exported[] {
  const ranked = policies
    .map((object) => ({ object, policy: compilePolicy(object) }))
    .toSorted(
      ({ policy: one }, { policy: other }) => other.priority - one.priority || (one.name < other.name ? -1 : 1),
    );
  const on = ranked.filter(({ policy }) => policy.mode !== 'Off');
  return ranked.flatMap(({ object, policy }) => {
    const before = on.slice(
      0,
      on.findIndex((each) => each.policy === policy),
    );
    const other = before.find((each) => !areDisjoint(each.object, object));
    return exportOne(object, policy, { settings, other: other?.policy.name });
  });
}

function exportOne(
  { spec = {} }: HealthPolicy,
  policy: Policy,
  { settings, other }: { readonly settings: PolicySettings; readonly other: string | undefined },
): Exported[] {
  const source = `HealthPolicy ${policy.name}`;
  if (policy.mode !== 'Enforce') return [refused(source, 'not-enforced')];
  if (policy.match) return [refused(source, 'match')];
  if (other !== undefined) {
    return [{ kind: 'refused', source, why: `HealthPolicy ${other} ${exportRefusals.overlap}` }];
  }
  // What auto chooses depends on the Pod.
  const isAuto = policy.entries.get('pattern')?.value.includes('auto') ?? true;
  if (isAuto) return [refused(source, 'detected')];
  const [usual, guaranteed] = [{}, { limits: { cpu: '1', memory: '1Gi' } }].map((resources): Exported | 'same' => {
    const pod = modelPod(policy, resources);
    const outcome = inject(pod, settings, onlyThis(policy));
    const why = reasonNotToExport(outcome);
    if (why !== undefined) return { kind: 'refused', source, why };
    const recipe = recipeOf(pod, outcome.pod);
    if (!recipe) return refused(source, 'not-additions-alone');
    const isGuaranteed = Object.keys(resources).length > 0;
    if (isGuaranteed && recipe.initContainers.length === 0) return 'same';
    const name = policyName(['policy', policy.name, isGuaranteed ? 'guaranteed' : undefined]);
    if (name.length > 253) return refused(source, 'long-name');
    const { prefix } = settings;
    return {
      kind: 'exported',
      policy: policyObjects({
        source: isGuaranteed ? `${source}, for Guaranteed Pods` : source,
        name,
        namespaces: takingPart(spec.namespaceSelector ?? {}, prefix, [...settings.excludedNamespaces]),
        pods: spec.podSelector ?? {},
        conditions: [...conditionsFor({ pod, recipe, prefix }), ...ordinaryConditions(prefix)],
        patch: guardedPatch(recipe, pod, { ...settings, hasUidRange: false }),
      }),
    };
  });
  if (usual === undefined || usual === 'same') return [];
  return usual.kind === 'refused' || guaranteed === undefined || guaranteed === 'same' ? [usual] : [usual, guaranteed];
}

/** A Pod that stands for all: with the container that the policy names, or with one of any name. */
const modelPod = (policy: Policy, resources: V1ResourceRequirements): Pod => ({
  metadata: {},
  spec: {
    containers: [{ name: policy.entries.get('container')?.value ?? anyContainer, image: 'image', resources }],
    restartPolicy: 'Always',
  },
});

const onlyThis = (policy: Policy) => ({
  ...annotationsOnly,
  namespace: { name: 'any', labels: {}, inject: undefined, hasUidRange: false },
  policies: createPolicySet([{ ...policy, selectsNamespace: () => true, selectsPod: () => true }]),
});

/** True for two policies that cannot select the same Pod, as far as their labels show it. */
const areDisjoint = (one: HealthPolicy, other: HealthPolicy): boolean =>
  excludes(one.spec?.podSelector, other.spec?.podSelector) ||
  excludes(one.spec?.namespaceSelector, other.spec?.namespaceSelector);

const excludes = (one: V1LabelSelector | undefined, other: V1LabelSelector | undefined): boolean =>
  Object.entries(one?.matchLabels ?? {}).some(([key, value]) => {
    const wanted = other?.matchLabels?.[key];
    return wanted !== undefined && wanted !== value;
  });
