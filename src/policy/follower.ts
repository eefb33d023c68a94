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
  const shelf = new Map<string, readonly T[]>();
  const remembered = new Map<string, Read>();
  const forget = (namespace: string): void => {
    remembered.delete(namespace);
    onChange();
  };
  const placeOf = ({ metadata }: T) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name });
  const others = (object: T): readonly T[] => {
    const { namespace, name } = placeOf(object);
    return (shelf.get(namespace) ?? []).filter((each) => each.metadata?.name !== name);
  };
  const put = (object: T): void => {
    shelf.set(placeOf(object).namespace, [...others(object), reduce(object)]);
  };
  return {
    read(namespace) {
      const known = remembered.get(namespace);
      const objects = shelf.get(namespace);
      if (known !== undefined || !objects) return known;
      if (remembered.size >= rememberedNamespaces) remembered.delete(remembered.keys().next().value ?? '');
      const fresh = read(objects);
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
        const before = shelf.get(namespace)?.find((each) => each.metadata?.name === name);
        if (isDeepStrictEqual(before, reduce(object))) return;
        put(object);
        forget(namespace);
      },
      remove(object) {
        const { namespace } = placeOf(object);
        const left = others(object);
        if (left.length === (shelf.get(namespace) ?? []).length) return;
        if (left.length === 0) shelf.delete(namespace);
        else shelf.set(namespace, left);
        forget(namespace);
      },
    },
  };
}
