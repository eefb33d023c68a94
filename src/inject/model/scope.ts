import type { ExclusionsByOwner } from '../../quarantine/node-exclusion.ts';
import { type ResourceRules, noRules } from '../fit/rules.ts';
import type { Pod } from '../pod/pod.ts';
import type { AnnotationMap } from './intent.ts';

export type Labels = Readonly<Record<string, string>>;

/** What of a namespace decides on its Pods. */
export type Namespace = {
  readonly name: string;
  readonly labels: Labels;
  /** The value of its label or annotation `inject`, which counts for Pods without annotations of ours. */
  readonly inject: 'enabled' | 'disabled' | undefined;
  /** The value of `inject` where it is neither. */
  readonly unknownValue?: string;
  /** OpenShift gives the containers of the namespace uids of a range of its own, and refuses others. */
  readonly hasUidRange: boolean;
};

/** What a policy asks of a Pod. */
type PolicyRequest = {
  readonly name: string;
  /** The policy only audits. */
  readonly isAudit: boolean;
  /** What to inject, in the words of the annotations. */
  readonly entries: AnnotationMap;
  /** The containers that it selects; undefined where it applies to the Pod, as an annotation without a container does. */
  readonly containers: readonly string[] | undefined;
};

/** The policies of a cluster. */
export type Policies = {
  readonly isEmpty: boolean;
  /** What the first policy by priority, then by name, that selects the Pod asks. */
  readonly find: (pod: Pod, namespace: Pick<Namespace, 'name' | 'labels'>) => PolicyRequest | undefined;
};

/** What decides on a Pod besides its own annotations, for one namespace at one moment. */
export type PolicyScope = {
  readonly namespaceName: string;
  /** Undefined until the namespace has been read. */
  readonly namespace: Namespace | undefined;
  readonly policies: Policies;
  /** What its LimitRanges and ResourceQuotas demand; nothing until they have been read. */
  readonly resourceRules: () => ResourceRules;
  /** The minor version of the apiserver; undefined where it is not known. */
  readonly apiserverMinor: number | undefined;
  /** The nodes from which the Pods of an owner are excluded, in any namespace. */
  readonly exclusionsByOwner: ExclusionsByOwner;
  /** The time at which a quarantine is in force or over. */
  readonly nowMs: number;
};

/** Where there are no policies and no defaults: annotations alone count. */
export const annotationsOnly: PolicyScope = {
  namespaceName: '',
  namespace: undefined,
  policies: { isEmpty: true, find: () => undefined },
  resourceRules: () => noRules,
  apiserverMinor: undefined,
  exclusionsByOwner: new Map(),
  nowMs: 0,
};
