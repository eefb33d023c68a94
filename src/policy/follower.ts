import { isDeepStrictEqual } from 'node:util';
import type { V1ObjectMeta } from '@kubernetes/client-node';

/** What follows one kind of object: all of them at once, then one after the other. */
export type Follower<T> = {
  readonly reset: (objects: readonly T[]) => void;
  readonly upsert: (object: T) => void;
  readonly remove: (object: T) => void;
};

type Namespaced = { readonly metadata?: V1ObjectMeta };

/** How many namespaces are kept as they were read; the oldest go. */
const rememberedNamespaces = 1_024;

/** Objects of one kind by their namespace, each as `reduce` leaves it, and what `read` makes of those of one namespace. */
export function createShelf<T extends Namespaced, Read>(
  reduce: (object: T) => T,
  read: (objects: readonly T[]) => Read,
  onChange: () => void,
): { readonly follower: Follower<T>; readonly read: (namespace: string) => Read | undefined } {
  const shelf = new Map<string, Map<string, T>>();
  const remembered = new Map<string, Read>();
  const changed = (namespace: string): void => {
    remembered.delete(namespace);
    onChange();
  };
  const put = (object: T): void => {
    const { namespace, name } = placeOf(object);
    const there = shelf.get(namespace) ?? new Map<string, T>();
    shelf.set(namespace, there.set(name, reduce(object)));
  };
  return {
    read(namespace) {
      const known = remembered.get(namespace);
      const objects = shelf.get(namespace);
      if (known !== undefined || !objects) return known;
      if (remembered.size >= rememberedNamespaces) remembered.delete(remembered.keys().next().value ?? '');
      const fresh = read([...objects.values()]);
      remembered.set(namespace, fresh);
      return fresh;
    },
    follower: {
      reset(objects) {
        shelf.clear();
        for (const object of objects) put(object);
        remembered.clear();
        onChange();
      },
      upsert(object) {
        const { namespace, name } = placeOf(object);
        if (isDeepStrictEqual(shelf.get(namespace)?.get(name), reduce(object))) return;
        put(object);
        changed(namespace);
      },
      remove(object) {
        const { namespace, name } = placeOf(object);
        const there = shelf.get(namespace);
        if (!there?.delete(name)) return;
        if (there.size === 0) shelf.delete(namespace);
        changed(namespace);
      },
    },
  };
}

const placeOf = ({ metadata }: Namespaced) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' });
