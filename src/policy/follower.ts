import { isDeepStrictEqual } from 'node:util';
import type { V1ObjectMeta } from '@kubernetes/client-node';

/** What follows one kind of object: all of them at once, then one after the other. */
export type Follower<T> = {
  readonly reset: (objects: readonly T[]) => void;
  readonly upsert: (object: T) => void;
  readonly remove: (object: T) => void;
};

type Namespaced = { readonly metadata?: V1ObjectMeta };

/** The objects of one kind by their namespace, each as `reduce` leaves it. `onChange` gets undefined where all change. */
export function createShelf<T extends Namespaced>(
  reduce: (object: T) => T,
  onChange: (namespace: string | undefined) => void,
): { readonly follower: Follower<T>; readonly of: (namespace: string) => readonly T[] } {
  const shelf = new Map<string, readonly T[]>();
  const placeOf = ({ metadata }: T) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name });
  const others = (object: T): readonly T[] => {
    const { namespace, name } = placeOf(object);
    return (shelf.get(namespace) ?? []).filter((each) => each.metadata?.name !== name);
  };
  const put = (object: T): void => {
    shelf.set(placeOf(object).namespace, [...others(object), reduce(object)]);
  };
  return {
    of: (namespace) => shelf.get(namespace) ?? [],
    follower: {
      reset(objects) {
        shelf.clear();
        for (const object of objects) put(object);
        onChange(undefined);
      },
      upsert(object) {
        const { namespace, name } = placeOf(object);
        const before = shelf.get(namespace)?.find((each) => each.metadata?.name === name);
        if (isDeepStrictEqual(before, reduce(object))) return;
        put(object);
        onChange(namespace);
      },
      remove(object) {
        const { namespace } = placeOf(object);
        const left = others(object);
        if (left.length === (shelf.get(namespace) ?? []).length) return;
        if (left.length === 0) shelf.delete(namespace);
        else shelf.set(namespace, left);
        onChange(namespace);
      },
    },
  };
}
