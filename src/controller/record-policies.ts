import type { Store } from '../policy/store.ts';
import type { HeldPolicy } from './status-writer.ts';

const nameOf = ({ metadata }: HeldPolicy): string => metadata.name ?? '';

/** A store that also keeps the policies as the apiserver sends them, with the status that they have. */
export function recordPolicies(store: Store): {
  readonly store: Store;
  readonly policies: ReadonlyMap<string, HeldPolicy>;
} {
  const policies = new Map<string, HeldPolicy>();
  return {
    policies,
    store: {
      ...store,
      policies: {
        reset(objects) {
          policies.clear();
          for (const object of objects) policies.set(nameOf(object), object);
          store.policies.reset(objects);
        },
        upsert(object) {
          const before = policies.get(nameOf(object))?.metadata;
          policies.set(nameOf(object), object);
          // A change of the status alone, which is our own, is nothing to judge the Pods by.
          const { uid, generation } = object.metadata;
          if (uid !== before?.uid || generation !== before?.generation) store.policies.upsert(object);
        },
        remove(object) {
          policies.delete(nameOf(object));
          store.policies.remove(object);
        },
      },
    },
  };
}
