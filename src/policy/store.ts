import { isDeepStrictEqual } from 'node:util';
import type { V1ObjectMeta } from '@kubernetes/client-node';
import type { Labels, Namespace, PolicyScope } from '../inject/model/scope.ts';
import { type NodeExclusion, exclusionsIn } from '../quarantine/node-exclusion.ts';
import type { NodeQuarantine } from '../quarantine/quarantine.ts';
import { type PolicySet, createPolicySet } from './policy-set.ts';
import type { Follower } from './follower.ts';
import { type HealthPolicy, type Policy, compilePolicy } from './policy.ts';
import { type RulesStore, createRulesStore } from './rules-store.ts';

/** Holds the policies and what is needed of the namespaces and quarantines, and answers for a namespace without waiting. */
export type Store = Omit<RulesStore, 'rulesOf'> & {
  readonly policies: Follower<HealthPolicy>;
  readonly namespaces: Follower<{ readonly metadata?: V1ObjectMeta }>;
  readonly quarantines: Follower<NodeQuarantine>;
  /** Takes what the apiserver says of its version. */
  readonly setApiserverVersion: (version: { readonly minor?: string }) => void;
  readonly scopeFor: (namespace: string, nowMs: number) => PolicyScope & { readonly policies: PolicySet };
  /** Grows with every change that an answer may depend on. */
  readonly generation: () => number;
};

/** An empty store. */
export function createStore(prefix: string): Store {
  const policies = new Map<string, Policy>();
  const namespaces = new Map<string, Namespace>();
  const quarantines = new Map<string, ReturnType<typeof exclusionsIn>>();
  let exclusionsByOwner: Map<string, NodeExclusion[]> | undefined;
  let apiserverMinor: number | undefined;
  let generation = 0;
  let set: PolicySet | undefined;
  const changed = (): void => {
    generation++;
    set = undefined;
  };
  const { rulesOf, ...rules } = createRulesStore(() => generation++);
  const quarantinesChanged = (): void => {
    generation++;
    exclusionsByOwner = undefined;
  };
  return {
    ...rules,
    policies: {
      reset(objects) {
        policies.clear();
        for (const object of objects) policies.set(nameOf(object), compilePolicy(object));
        changed();
      },
      upsert(object) {
        policies.set(nameOf(object), compilePolicy(object));
        changed();
      },
      remove(object) {
        if (policies.delete(nameOf(object))) changed();
      },
    },
    namespaces: {
      reset(objects) {
        namespaces.clear();
        for (const { metadata = {} } of objects) namespaces.set(metadata.name ?? '', readNamespace(metadata, prefix));
        generation++;
      },
      upsert({ metadata = {} }) {
        const namespace = readNamespace(metadata, prefix);
        const before = namespaces.get(namespace.name);
        // A namespace is touched by many for what is nothing to us.
        if (before && JSON.stringify(before) === JSON.stringify(namespace)) return;
        namespaces.set(namespace.name, namespace);
        generation++;
      },
      remove({ metadata = {} }) {
        if (namespaces.delete(metadata.name ?? '')) generation++;
      },
    },
    quarantines: {
      reset(objects) {
        quarantines.clear();
        for (const object of objects) quarantines.set(nameOf(object), exclusionsIn(object));
        quarantinesChanged();
      },
      upsert(object) {
        const exclusions = exclusionsIn(object);
        // The status is written by every replica, and is nothing to us.
        if (isDeepStrictEqual(exclusions, quarantines.get(nameOf(object)))) return;
        quarantines.set(nameOf(object), exclusions);
        quarantinesChanged();
      },
      remove(object) {
        if (quarantines.delete(nameOf(object))) quarantinesChanged();
      },
    },
    setApiserverVersion({ minor }) {
      // Some clouds write 33+.
      const [digits] = /^\d+/.exec(minor ?? '') ?? [];
      if (digits === undefined || Number(digits) === apiserverMinor) return;
      apiserverMinor = Number(digits);
      generation++;
    },
    scopeFor: (namespaceName, nowMs) => ({
      namespaceName,
      namespace: namespaces.get(namespaceName),
      exclusionsByOwner: (exclusionsByOwner ??= byOwner([...quarantines.values()].flat())),
      policies: (set ??= createPolicySet([...policies.values()])),
      resourceRules: () => rulesOf(namespaceName),
      apiserverMinor,
      nowMs,
    }),
    generation: () => generation,
  };
}

const nameOf = ({ metadata }: { readonly metadata: V1ObjectMeta }): string => metadata.name ?? '';

function byOwner(entries: ReturnType<typeof exclusionsIn>): Map<string, NodeExclusion[]> {
  const lists = new Map<string, NodeExclusion[]>();
  for (const [owner, exclusion] of entries) {
    const list = lists.get(owner);
    if (list) list.push(exclusion);
    else lists.set(owner, [exclusion]);
  }
  return lists;
}

/** Where OpenShift says which uids the containers of a namespace may have. */
const uidRange = 'openshift.io/sa.scc.uid-range';

function readInject(value: string | undefined): Pick<Namespace, 'inject' | 'unknownValue'> {
  if (value === 'enabled' || value === 'disabled') return { inject: value };
  return { inject: undefined, ...(value === undefined ? {} : { unknownValue: value.slice(0, 64) }) };
}

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
    // The apiserver sets this label on every namespace; without a cluster it is not there.
    labels: { 'kubernetes.io/metadata.name': name, ...metadata.labels },
    ...readInject(inject),
    hasUidRange: Boolean(metadata.annotations?.[uidRange]),
  };
}
