import type { V1LabelSelector, V1ObjectMeta } from '@kubernetes/client-node';
import type { Labels } from '../inject/model/scope.ts';
import { keys } from '../inject/intent/annotations.ts';
import type { AnnotationMap, AnnotationValue } from '../inject/model/intent.ts';
import { type ImageForms, compileImageGlob, compileSelector } from './match.ts';

/** What a policy does to the Pods that it selects; with Trial they get the agent and no probe. */
type PolicyMode = 'Enforce' | 'Trial' | 'Audit' | 'Off';

/** A HealthPolicy as it stands in the cluster or in a file; the CRD in deploy/crds says what each field means. */
export type HealthPolicy = {
  readonly apiVersion: string;
  readonly kind: 'HealthPolicy';
  readonly metadata: V1ObjectMeta;
  readonly spec?: {
    readonly mode?: PolicyMode;
    readonly priority?: number;
    readonly namespaceSelector?: V1LabelSelector;
    readonly podSelector?: V1LabelSelector;
    readonly match?: { readonly images?: string[]; readonly ports?: number[]; readonly protocol?: string };
    readonly inject?: Readonly<Record<string, string | number>>;
  };
};

/** A policy that is ready to be asked. */
export type Policy = {
  readonly name: string;
  readonly mode: PolicyMode;
  /** The highest wins. */
  readonly priority: number;
  readonly selectsNamespace: (labels: Labels) => boolean;
  readonly selectsPod: (labels: Labels) => boolean;
  /** Which containers it selects; undefined where it applies to the Pod, as an annotation without a container does. */
  readonly match: Match | undefined;
  /** What to inject, in the words of the annotations. */
  readonly entries: AnnotationMap;
};

export type Match = {
  /** Undefined: any image. */
  readonly image: ((image: ImageForms) => boolean) | undefined;
  readonly ports: readonly number[];
  readonly protocol: string | undefined;
};

/** The group of our own kinds. */
export const apiGroup = 'health.example.com';

/** The path of the policies in the API. */
export const policiesPath = `/apis/${apiGroup}/v1alpha1/healthpolicies`;

/** Tells whether an object is a HealthPolicy of the version that is read here. */
export const isHealthPolicy = (object: unknown): object is HealthPolicy => {
  const { apiVersion, kind } = (object ?? {}) as Readonly<Record<string, unknown>>;
  return apiVersion === `${apiGroup}/v1alpha1` && kind === 'HealthPolicy';
};

/**
 * Makes a policy ready to be asked. It takes what the CRD lets pass; a word that no annotation has is left for
 * `policyProblems` to find.
 */
export function compilePolicy({ metadata, spec = {} }: HealthPolicy): Policy {
  const name = metadata.name ?? '';
  const entries = Object.entries(spec.inject ?? {}).map(
    ([key, value]) => [key, { annotation: entryName(name, key), value: String(value) }] as const,
  );
  return {
    name,
    mode: spec.mode ?? 'Enforce',
    priority: spec.priority ?? 0,
    selectsNamespace: compileSelector(spec.namespaceSelector),
    selectsPod: compileSelector(spec.podSelector),
    match: spec.match && compileMatch(spec.match),
    entries: new Map<string, AnnotationValue>([
      ['pattern', { annotation: entryName(name, 'pattern'), value: 'auto' }],
      ...entries.filter(([key]) => Object.hasOwn(keys, key)),
      ...trialEntry(name, spec.mode),
    ]),
  };
}

/** The mode Trial in the words of the annotations. */
const trialEntry = (policy: string, mode: PolicyMode | undefined): [string, AnnotationValue][] =>
  mode === 'Trial' ? [['trial', { annotation: entryName(policy, 'mode'), value: 'true' }]] : [];

/** How a sentence names a word of a policy. */
const entryName = (policy: string, key: string): string => `HealthPolicy/${policy}/${key}`;

function compileMatch({
  images,
  ports = [],
  protocol,
}: NonNullable<NonNullable<HealthPolicy['spec']>['match']>): Match {
  const globs = images?.map(compileImageGlob);
  return { image: globs && ((image) => globs.some((matches) => matches(image))), ports, protocol };
}
