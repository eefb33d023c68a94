import type { V1ObjectMeta } from '@kubernetes/client-node';
import { type HealthPolicy, type Policy, compilePolicy } from './policy.ts';
import { type PolicySet, createPolicySet } from './policy-set.ts';
import { type Namespace, type Surroundings, readNamespace } from './surroundings.ts';

/** What follows one kind of object: all of them at once, then one after the other. */
export type Follower<T> = {
  readonly reset: (objects: readonly T[]) => void;
  readonly upsert: (object: T) => void;
  readonly remove: (object: T) => void;
};

/** Holds the policies and what is needed of the namespaces, and answers for a namespace without waiting. */
export type Store = {
  readonly policies: Follower<HealthPolicy>;
  readonly namespaces: Follower<{ readonly metadata?: V1ObjectMeta }>;
  readonly surroundingsOf: (namespace: string) => Surroundings;
  /** Grows with every change that an answer may depend on. */
  readonly generation: () => number;
};

/** An empty store. */
export function createStore(prefix: string): Store {
  const policies = new Map<string, Policy>();
  const namespaces = new Map<string, Namespace>();
  let generation = 0;
  let set: PolicySet | undefined;
  const changed = (): void => {
    generation++;
    set = undefined;
  };
  return {
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
        const known = namespaces.get(namespace.name);
        // A namespace is touched by many for what is nothing to us.
        if (known && JSON.stringify(known) === JSON.stringify(namespace)) return;
        namespaces.set(namespace.name, namespace);
        generation++;
      },
      remove({ metadata = {} }) {
        if (namespaces.delete(metadata.name ?? '')) generation++;
      },
    },
    surroundingsOf: (namespace) => ({
      namespace: namespaces.get(namespace),
      policies: (set ??= createPolicySet([...policies.values()])),
    }),
    generation: () => generation,
  };
}

const nameOf = ({ metadata }: HealthPolicy): string => metadata.name ?? '';
