import type { V1ObjectMeta, V1ResourceQuota } from '@kubernetes/client-node';
import type { LimitRange } from '../inject/fit/rules.ts';
import { type NodeQuarantine, isNodeQuarantine } from '../quarantine/quarantine.ts';
import { type HealthPolicy, isHealthPolicy } from './policy.ts';
import { misshapenPolicyField, misshapenPolicySentence } from './shape.ts';
import type { Store } from './store.ts';

/** What texts say of policies, namespaces and nodes. */
export type PolicyObjects = {
  readonly policies: readonly HealthPolicy[];
  readonly namespaces: readonly { readonly metadata?: V1ObjectMeta }[];
  readonly limitRanges: readonly LimitRange[];
  readonly resourceQuotas: readonly V1ResourceQuota[];
  readonly quarantines: readonly NodeQuarantine[];
};

/** One sentence for each of these objects that has a field of another shape than the apiserver takes. */
export const misshapenObjectsIn = (documents: readonly unknown[]): string[] =>
  documents.flatMap((document) => {
    const sentence = misshapenPolicySentence(document);
    const { kind, metadata } = (document ?? {}) as { kind?: string; metadata?: V1ObjectMeta | null };
    return sentence === undefined ? [] : [`${kind} ${metadata?.name ?? 'without a name'}: ${sentence}`];
  });

/** Takes the objects of these kinds out of documents; other objects are passed over, and those of another shape. */
export function policyObjectsIn(documents: readonly unknown[]): PolicyObjects {
  const sound = documents.filter((document) => misshapenPolicyField(document) === undefined);
  return {
    policies: sound.filter(isHealthPolicy),
    namespaces: ofKind(sound, 'Namespace'),
    limitRanges: ofKind(sound, 'LimitRange'),
    resourceQuotas: ofKind(sound, 'ResourceQuota'),
    quarantines: sound.filter(isNodeQuarantine),
  };
}

const ofKind = (documents: readonly unknown[], kind: string): object[] =>
  documents.filter((document): document is object => (document as { kind?: unknown } | null)?.kind === kind);

/** Puts all these objects in the place of what a store holds. */
export function fillStore(store: Store, objects: PolicyObjects): void {
  store.policies.reset(objects.policies);
  store.namespaces.reset(objects.namespaces);
  store.limitRanges.reset(objects.limitRanges);
  store.resourceQuotas.reset(objects.resourceQuotas);
  store.quarantines.reset(objects.quarantines);
}
