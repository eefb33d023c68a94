// https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
import type { V1LabelSelector, V1LabelSelectorRequirement } from '@kubernetes/client-node';
import { celText } from './cel.ts';
import type { Condition } from './conditions.ts';
import { type Patch, patchOf } from './patch.ts';
import type { Pod } from '../inject/pod/pod.ts';
import type { Recipe } from './recipe.ts';

const apiVersion = 'admissionregistration.k8s.io/v1';

/** The first minor version of Kubernetes 1 that has these kinds as `v1`. */
export const firstMinor = 36;

/** A MutatingAdmissionPolicy, its binding, and what they were made of, such as `Deployment shop/redis`. */
export type ExportedPolicy = {
  readonly source: string;
  readonly name: string;
  readonly objects: readonly object[];
};

/** What a policy is made of. */
export type PolicyParts = {
  readonly source: string;
  readonly name: string;
  readonly namespaces: V1LabelSelector;
  readonly pods: V1LabelSelector;
  readonly conditions: readonly Condition[];
  readonly patch: Patch;
};

/**
 * Writes a policy and its binding. `failurePolicy: Ignore` admits a Pod for which an expression fails as it is, as the
 * webhook does; a policy that has been asked is not asked again for the same Pod, since its own conditions would refuse.
 */
export function policyObjects({ source, name, namespaces, pods, conditions, patch }: PolicyParts): ExportedPolicy {
  const metadata = { name, labels: { 'app.kubernetes.io/managed-by': 'health-injector' } };
  const policy = {
    apiVersion,
    kind: 'MutatingAdmissionPolicy',
    metadata,
    spec: {
      failurePolicy: 'Ignore',
      reinvocationPolicy: 'Never',
      matchConstraints: {
        namespaceSelector: namespaces,
        objectSelector: pods,
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
      matchConditions: conditions,
      variables: patch.variables,
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: patch.expression } }],
    },
  };
  const binding = { apiVersion, kind: 'MutatingAdmissionPolicyBinding', metadata, spec: { policyName: name } };
  return { source, name, objects: [policy, binding] };
}

/** Adds to a selector of namespaces that they are not left alone. */
export function takingPart(
  { matchLabels, matchExpressions = [] }: V1LabelSelector,
  prefix: string,
  excluded: readonly string[],
): V1LabelSelector {
  const others: V1LabelSelectorRequirement[] = [
    { key: `${prefix}inject`, operator: 'NotIn', values: ['disabled'] },
    ...(excluded.length > 0 ? [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [...excluded] }] : []),
  ];
  return { ...(matchLabels && { matchLabels }), matchExpressions: [...matchExpressions, ...others] };
}

/** What a policy was made for besides the Pod: `hasUidRange` is that of the namespace. */
type Surroundings = { readonly prefix: string; readonly leaveUid: boolean; readonly hasUidRange: boolean };

/**
 * The patch of a policy, which does nothing in a namespace whose annotation says so, or that gives its containers uids
 * where the one that it was made for did not: a selector of namespaces sees labels alone.
 */
export function guardedPatch(recipe: Recipe, pod: Pod, { prefix, leaveUid, hasUidRange }: Surroundings): Patch {
  const key = celText(`${prefix}inject`);
  const said = 'namespaceObject.metadata.?annotations.orValue({})';
  const isDisabled = `(!(${key} in namespaceObject.metadata.?labels.orValue({})) && ${said}[?${key}].orValue("") == "disabled")`;
  const hasOtherUids = `("openshift.io/sa.scc.uid-range" in ${said}) != ${hasUidRange}`;
  const isGuarded = recipe.initContainers.length > 0 && !leaveUid;
  return patchOf(recipe, pod, isGuarded ? `${isDisabled} || ${hasOtherUids}` : isDisabled);
}
