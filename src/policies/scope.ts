import type { KeptOffByOwner } from '../quarantines/kept-off.ts';
import type { PolicySet } from './policy-set.ts';
import { createPolicySet } from './policy-set.ts';
import type { Labels } from './selector.ts';

/** What is known of a namespace. */
export type Namespace = {
  readonly name: string;
  readonly labels: Labels;
  /** What its label or annotation `inject` says of Pods that say nothing themselves. */
  readonly inject: 'enabled' | 'disabled' | undefined;
};

/** What decides on a Pod besides its own annotations, for one namespace at one moment. */
export type PolicyScope = {
  readonly namespaceName: string;
  /** Undefined where the namespace is not known (yet). */
  readonly namespace: Namespace | undefined;
  readonly policies: PolicySet;
  /** The nodes that the Pods of an owner are kept off, in any namespace. */
  readonly keptOff: KeptOffByOwner;
  /** The time at which a quarantine is in force or over. */
  readonly nowMs: number;
};

/** Where there are no policies and no defaults: annotations alone count. */
export const annotationsOnly: PolicyScope = {
  namespaceName: '',
  namespace: undefined,
  policies: createPolicySet([]),
  keptOff: new Map(),
  nowMs: 0,
};

/** Reads a namespace by its metadata; the label `inject` comes before the annotation, and another value is none. */
export function readNamespace(
  metadata: {
    readonly name?: string;
    readonly labels?: Labels | undefined;
    readonly annotations?: Labels | undefined;
  },
  prefix: string,
): Namespace {
  const name = metadata.name ?? '';
  const key = `${prefix}inject`;
  const inject = metadata.labels?.[key] ?? metadata.annotations?.[key];
  return {
    name,
    // The apiserver sets this label on every namespace; without a cluster nobody does.
    labels: { 'kubernetes.io/metadata.name': name, ...metadata.labels },
    inject: inject === 'enabled' || inject === 'disabled' ? inject : undefined,
  };
}
