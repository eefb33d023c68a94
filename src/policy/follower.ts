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
  const empty: Place<Item, All> = { names: [], items: [], all: undefined };
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
        const { names, items } = shelf.get(namespace) ?? empty;
        const following = names.findIndex((other) => other >= name);
        const at = following < 0 ? names.length : following;
        const isKnown = names[at] === name;
        if (isKnown && isDeepStrictEqual(items[at], item)) return;
        const replaced = isKnown ? 1 : 0;
        shelf.set(namespace, {
          names: names.toSpliced(at, replaced, name),
          items: items.toSpliced(at, replaced, item),
          all: undefined,
        });
        onChange();
      },
      remove(object) {
        const namespace = namespaceOf(object);
        const { names, items } = shelf.get(namespace) ?? empty;
        const at = names.indexOf(nameOf(object));
        if (at < 0) return;
        if (names.length === 1) shelf.delete(namespace);
        else shelf.set(namespace, { names: names.toSpliced(at, 1), items: items.toSpliced(at, 1), all: undefined });
        onChange();
      },
    },
  };
}

const namespaceOf = ({ metadata }: Namespaced): string => metadata?.namespace ?? '';
const nameOf = ({ metadata }: Namespaced): string => metadata?.name ?? '';
