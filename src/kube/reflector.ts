// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
import { ApiError } from './api-error.ts';
import type { Client, ListOptions, ObjectList } from './client.ts';
import { systemClock } from './clock.ts';
import { createBackoff } from './flow-control.ts';
import { ResponseTooLargeError } from './response-body.ts';

/** The objects of one kind that are listed and watched. */
export type ListWatch = Pick<ListOptions, 'metadataOnly' | 'labelSelector' | 'fieldSelector'> & {
  readonly client: Client;
  /** The path of the collection, such as `/api/v1/pods`. */
  readonly path: string;
};

export type ReflectorSource<T> = ListWatch & {
  /** Takes from an object what the handler needs, as soon as it is parsed; the reflector holds nothing else of it. */
  readonly transform: (object: unknown) => T;
};

/** What hears of the objects of one kind. The reflector reports what a handler throws, and goes on. */
export type ResourceEventHandler<T> = {
  /** All objects that exist: any other is gone. */
  readonly onReplace: (items: readonly T[]) => void;
  readonly onUpsert: (item: T) => void;
  /** The object is deleted, or the selectors do not select it any more; `item` is its last state. */
  readonly onDelete: (item: T) => void;
};

export type ReflectorHandler<T> = ResourceEventHandler<T> & {
  /** Called before each list, whose objects are transformed page by page from now on, until `onReplace`. */
  readonly onListStart?: () => void;
  /** Called once, after the first `onReplace`. */
  readonly onSynced?: () => void;
  /** Called with one sentence when the reflector is interrupted; the same sentence is not repeated until it has gone on. */
  readonly onError: (sentence: string) => void;
};

export type ReflectorOptions = {
  readonly pageSize: number;
  readonly pageTimeoutMs: number;
  /** How long the apiserver is asked to serve one watch: a random time between the two, so that watches do not end together. */
  readonly watchSeconds: readonly [least: number, most: number];
  /** How long after that time a watch counts as dead. */
  readonly watchGraceMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** The wait after 403 and 404, which last until a person grants a right or installs a CustomResourceDefinition. */
  readonly deniedMs: number;
};

export const defaultReflectorOptions: ReflectorOptions = {
  pageSize: 250,
  pageTimeoutMs: 60_000,
  watchSeconds: [300, 600],
  watchGraceMs: 15_000,
  minBackoffMs: 500,
  maxBackoffMs: 30_000,
  deniedMs: 30_000,
};

/**
 * Lists a collection page by page. The pages together are one consistent state: that of the first page. Rejects with
 * `ApiError` of status 410 where that state is too old before the last page.
 */
export async function* listPages<T>(
  { client, path, ...selection }: ListWatch,
  { pageSize, pageTimeoutMs }: Pick<ReflectorOptions, 'pageSize' | 'pageTimeoutMs'>,
  signal: AbortSignal,
): AsyncGenerator<ObjectList<T>> {
  const options = { ...selection, limit: pageSize, timeoutMs: pageTimeoutMs, signal };
  let continueToken = '';
  do {
    const page = await client.list<T>(path, { ...options, ...(continueToken && { continueToken }) });
    // Without a version there would be nothing to watch from, and every later change would be missed.
    if (!page.metadata.resourceVersion) throw new SyntaxError('the answer is no list');
    yield page;
    continueToken = page.metadata.continue ?? '';
  } while (continueToken);
}

/**
 * Lists and then watches a collection until `signal` is aborted, over any failure. Never rejects, and resolves when
 * nothing is left running.
 */
export async function runReflector<T>(
  source: ReflectorSource<T>,
  handler: ReflectorHandler<T>,
  signal: AbortSignal,
  options: ReflectorOptions = defaultReflectorOptions,
): Promise<void> {
  const { transform, ...listWatch } = source;
  const { client, path, ...selection } = listWatch;
  const backoff = createBackoff({ minMs: options.minBackoffMs, maxMs: options.maxBackoffMs });
  let { pageSize } = options;
  let resourceVersion: string | undefined;
  let isSynced = false;
  let reported = '';

  const report = (sentence: string): void => {
    if (sentence === reported) return;
    reported = sentence;
    try {
      handler.onError(sentence);
    } catch {
      // An error of `onError` itself cannot be reported.
    }
  };
  const attempt = (what: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      report(`${path}: ${what} could not be handled: ${(error as Error).message}.`);
    }
  };
  const succeed = (): void => {
    backoff.reset();
    reported = '';
  };

  const list = async (): Promise<string> => {
    const items: T[] = [];
    let version = '';
    attempt('the start of a list', () => handler.onListStart?.());
    for await (const page of listPages<unknown>(listWatch, { ...options, pageSize }, signal)) {
      for (const object of page.items) attempt('an object', () => items.push(transform(object)));
      version = page.metadata.resourceVersion ?? '';
    }
    signal.throwIfAborted();
    attempt('the list', () => handler.onReplace(items));
    if (!isSynced) attempt('the first list', () => handler.onSynced?.());
    isSynced = true;
    reported = '';
    return version;
  };

  const watch = async (from: string): Promise<void> => {
    const [least, most] = options.watchSeconds;
    const timeoutSeconds = least + Math.floor(Math.random() * (most - least + 1));
    const timeoutMs = timeoutSeconds * 1_000 + options.watchGraceMs;
    const openedMs = systemClock.now();
    await client.watch(
      path,
      { ...selection, resourceVersion: from, timeoutSeconds, timeoutMs, signal },
      ({ type, object, resourceVersion: next }) => {
        if (type === 'DELETED') attempt('a removal', () => handler.onDelete(transform(object)));
        else if (type !== 'BOOKMARK') attempt('a change', () => handler.onUpsert(transform(object)));
        resourceVersion = next;
        succeed();
      },
    );
    // A server that ends every watch at once must not be asked again at once for ever.
    if (systemClock.now() - openedMs >= options.maxBackoffMs) succeed();
  };

  while (!signal.aborted) {
    let waitMs = 0;
    try {
      resourceVersion ??= await list();
      await watch(resourceVersion);
    } catch (error) {
      if (signal.aborted) return;
      const interruption = interruptionOf(path, error, options.deniedMs);
      report(interruption.sentence);
      waitMs = interruption.waitMs;
      if (interruption.needsList) resourceVersion = undefined;
      // Hundreds of objects of the largest size would not fit in one page.
      if (error instanceof ResponseTooLargeError) pageSize = Math.ceil(pageSize / 2);
    }
    await systemClock.sleep(Math.max(waitMs, backoff.nextMs()), signal);
  }
}

/** Runs a reflector until `signal` is aborted; resolves once the collection was listed. */
export const startReflector = <T>(
  source: ReflectorSource<T>,
  handler: Omit<ReflectorHandler<T>, 'onSynced'>,
  signal: AbortSignal,
): Promise<void> =>
  new Promise((onSynced) => {
    void runReflector(source, { ...handler, onSynced }, signal);
  });

type Interruption = { readonly sentence: string; readonly waitMs: number; readonly needsList: boolean };

function interruptionOf(path: string, error: unknown, deniedMs: number): Interruption {
  if (!(error instanceof ApiError)) {
    // The same line would come again from the same version.
    const needsList = error instanceof ResponseTooLargeError || error instanceof SyntaxError;
    return { sentence: `${path} broke off: ${(error as Error).message}.`, waitMs: 0, needsList };
  }
  const { status, summary, retryAfterMs } = error;
  switch (status) {
    case 403:
      return {
        sentence: `${path} may not be listed and watched with these credentials: ${summary}.`,
        waitMs: deniedMs,
        needsList: false,
      };
    case 404:
      return {
        sentence: `${path} does not exist, its CustomResourceDefinition may not be installed: ${summary}.`,
        waitMs: deniedMs,
        needsList: false,
      };
    case 410:
      return {
        sentence: `${path} has moved on too far, and is listed again: ${summary}.`,
        waitMs: 0,
        needsList: true,
      };
    default:
      return { sentence: `${path} was answered with ${summary}.`, waitMs: retryAfterMs, needsList: false };
  }
}
