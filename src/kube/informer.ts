// https://pkg.go.dev/k8s.io/client-go/tools/cache
import type { V1ObjectMeta } from '@kubernetes/client-node';
import {
  type ListWatch,
  type ReflectorOptions,
  defaultReflectorOptions,
  listPages,
  runReflector,
} from './reflector.ts';
import { ResponseTooLargeError } from './response-body.ts';

/** Items by key, and by the value that each index has for them. */
export type Indexer<T, Index extends string = string> = {
  readonly get: (key: string) => T | undefined;
  readonly list: () => Iterable<T>;
  readonly size: () => number;
  readonly byIndex: (index: Index, value: string) => readonly T[];
};

/** The value of an item in an index; undefined leaves it out of that index. */
export type IndexFunctions<T, Index extends string> = Readonly<Record<Index, (item: T) => string | undefined>>;

/** An empty indexer, with the only way to change it. */
export function createIndexer<T, Index extends string>(
  indexFunctions: IndexFunctions<T, Index>,
): Indexer<T, Index> & { readonly set: (key: string, item: T | undefined) => void; readonly keys: () => string[] } {
  const items = new Map<string, T>();
  const names = Object.keys(indexFunctions) as Index[];
  const keysByValue = new Map(names.map((name) => [name, new Map<string, Set<string>>()]));

  const unindex = (key: string, item: T): void => {
    for (const name of names) {
      const value = indexFunctions[name](item);
      const keys = keysByValue.get(name)?.get(value ?? '');
      keys?.delete(key);
      if (keys?.size === 0) keysByValue.get(name)?.delete(value ?? '');
    }
  };
  const index = (key: string, item: T): void => {
    for (const name of names) {
      const value = indexFunctions[name](item);
      if (value === undefined) continue;
      const ofIndex = keysByValue.get(name);
      const keys = ofIndex?.get(value) ?? new Set();
      ofIndex?.set(value, keys.add(key));
    }
  };
  return {
    get: (key) => items.get(key),
    list: () => items.values(),
    size: () => items.size,
    keys: () => [...items.keys()],
    byIndex: (name, value) => [...(keysByValue.get(name)?.get(value) ?? [])].flatMap((key) => items.get(key) ?? []),
    set(key, item) {
      const before = items.get(key);
      if (before !== undefined) unindex(key, before);
      if (item === undefined) items.delete(key);
      else {
        items.set(key, item);
        index(key, item);
      }
    },
  };
}

type InformerOptions<T, Index extends string = never> = ListWatch & {
  /** What is held of an object; undefined holds nothing. It must not depend on what is held. */
  readonly transform: (object: unknown) => T | undefined;
  readonly indexFunctions?: IndexFunctions<T, Index>;
  readonly onError: (sentence: string) => void;
  readonly reflector?: ReflectorOptions;
};

/** What is held of one object, before and after; undefined where nothing is. */
export type Change<T> = { readonly key: string; readonly before: T | undefined; readonly after: T | undefined };

/** A cache that follows the objects of one kind. Its keys are `namespace/name`, or `name` without a namespace. */
export type Informer<T, Index extends string = string> = Indexer<T, Index> & {
  /** Whether all objects were listed once. */
  readonly hasSynced: () => boolean;
  /** Whether a list is in progress, whose objects may have been transformed some time ago. */
  readonly isListing: () => boolean;
  /** Calls `listener` after each change of what is held, those of the first list included. */
  readonly onChange: (listener: (change: Change<T>) => void) => void;
  /**
   * Lists objects, those at `path` or all of them, and transforms them again: needed where something else changed that
   * `transform` reads, since the informer does not hold the objects. The watch goes on meanwhile. Rejects where it fails.
   */
  readonly relist: (path: string, signal: AbortSignal) => Promise<void>;
  /** Lists and watches until `signal` is aborted. Never rejects. Resolves when nothing is left running. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** An informer that holds nothing before it runs. */
export function createInformer<T, Index extends string = never>({
  transform,
  indexFunctions = {} as IndexFunctions<T, Index>,
  onError,
  reflector = defaultReflectorOptions,
  ...listWatch
}: InformerOptions<T, Index>): Informer<T, Index> {
  const indexer = createIndexer(indexFunctions);
  const listeners: ((change: Change<T>) => void)[] = [];
  /** For each relist that runs: the keys that the watch has reported since it began. */
  const reportedSince = new Set<Set<string>>();
  let hasSynced = false;
  let isListing = true;
  let { pageSize } = reflector;

  const read = (object: unknown): Entry<T> => {
    const { metadata } = object as { readonly metadata?: V1ObjectMeta };
    return { key: keyOf(metadata), item: transform(object) };
  };
  const set = (key: string, after: T | undefined): void => {
    const before = indexer.get(key);
    indexer.set(key, after);
    if (before === undefined && after === undefined) return;
    for (const listener of listeners) listener({ key, before, after });
  };
  const report = (key: string, item: T | undefined): void => {
    for (const keys of reportedSince) keys.add(key);
    set(key, item);
  };

  return {
    get: indexer.get,
    list: indexer.list,
    size: indexer.size,
    byIndex: indexer.byIndex,
    hasSynced: () => hasSynced,
    isListing: () => isListing,
    onChange: (listener) => void listeners.push(listener),
    async relist(path, signal) {
      const reported = new Set<string>();
      reportedSince.add(reported);
      try {
        for await (const page of listPages<unknown>({ ...listWatch, path }, { ...reflector, pageSize }, signal)) {
          for (const { key, item } of page.items.map(read)) {
            // What the watch reported was transformed since the relist began, and may be newer than the page. An object
            // that it did not report is in the page as it is held or newer: a list without a version is the latest state.
            if (!reported.has(key)) set(key, item);
          }
        }
      } catch (error) {
        if (error instanceof ResponseTooLargeError) pageSize = Math.ceil(pageSize / 2);
        throw error;
      } finally {
        reportedSince.delete(reported);
      }
    },
    run: (signal) =>
      runReflector<Entry<T>>(
        { ...listWatch, transform: read },
        {
          onListStart: () => (isListing = true),
          onReplace(entries) {
            isListing = false;
            const listed = new Set(entries.map(({ key }) => key));
            for (const key of indexer.keys()) if (!listed.has(key)) report(key, undefined);
            for (const { key, item } of entries) report(key, item);
          },
          onUpsert: ({ key, item }) => report(key, item),
          onDelete: ({ key }) => report(key, undefined),
          onSynced: () => (hasSynced = true),
          onError,
        },
        signal,
        reflector,
      ),
  };
}

type Entry<T> = { readonly key: string; readonly item: T | undefined };

const keyOf = ({ namespace, name = '' }: V1ObjectMeta = {}): string => (namespace ? `${namespace}/${name}` : name);
