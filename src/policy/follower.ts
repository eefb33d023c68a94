import { isDeepStrictEqual } from 'node:util';
import type { V1ObjectMeta } from '@kubernetes/client-node';

/** What follows one kind of object: all of them at once, then one after the other. */
export type Follower<T> = {
  readonly reset: (objects: readonly T[]) => void;
  readonly upsert: (object: T) => void;
  readonly remove: (object: T) => void;
};

type Namespaced = { readonly metadata?: V1ObjectMeta };

/** What is kept of the objects of one namespace: what was read of each, in the order of the names. */
type Place<Item, All> = {
  readonly names: readonly string[];
  readonly items: readonly Item[];
  /** Undefined until it is asked for. */
  all: All | undefined;
};

/**
 * Keeps of each object of one kind what `read` makes of it as soon as it is heard of, and gives for a namespace what
 * `combine` makes of all of its objects.
 */
export function createShelf<T extends Namespaced, Item, All>(
  read: (object: T) => Item,
  combine: (items: readonly Item[]) => All,
  onChange: () => void,
): { readonly follower: Follower<T>; readonly read: (namespace: string) => All | undefined } {
  const shelf = new Map<string, Place<Item, All>>();
  return {
    read(namespace) {
      const place = shelf.get(namespace);
      return place && (place.all ??= combine(place.items));
    },
    follower: {
      reset(objects) {
        shelf.clear();
        for (const [namespace, list] of Map.groupBy(objects, namespaceOf)) {
          const inOrder = list.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
          shelf.set(namespace, { names: inOrder.map(nameOf), items: inOrder.map(read), all: undefined });
        }
        onChange();
      },
      upsert(object) {
        const [namespace, name, item] = [namespaceOf(object), nameOf(object), read(object)];
        const {
          names,
          items,
        }: Pick<Place<Item, All>, 'names' | 'items'> = shelf.get(namespace) ?? { names: [], items: [] };
        const at = names.indexOf(name);
        if (at >= 0 && isDeepStrictEqual(items[at], item)) return;
        if (at >= 0) shelf.set(namespace, { names, items: items.with(at, item), all: undefined });
        else {
          const found = names.findIndex((other) => other > name);
          const place = found < 0 ? names.length : found;
          const inserted = { names: names.toSpliced(place, 0, name), items: items.toSpliced(place, 0, item) };
          shelf.set(namespace, { ...inserted, all: undefined });
        }
        onChange();
      },
      remove(object) {
        const namespace = namespaceOf(object);
        const place = shelf.get(namespace);
        const at = place?.names.indexOf(nameOf(object)) ?? -1;
        if (!place || at < 0) return;
        const left = { names: place.names.toSpliced(at, 1), items: place.items.toSpliced(at, 1), all: undefined };
        if (left.names.length > 0) shelf.set(namespace, left);
        else shelf.delete(namespace);
        onChange();
      },
    },
  };
}

const namespaceOf = ({ metadata }: Namespaced): string => metadata?.namespace ?? '';
const nameOf = ({ metadata }: Namespaced): string => metadata?.name ?? '';
