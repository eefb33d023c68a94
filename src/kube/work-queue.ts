// https://pkg.go.dev/k8s.io/client-go/util/workqueue
import { type Clock, systemClock } from './clock.ts';
import { type Backoff, type BackoffLimits, createBackoff } from './flow-control.ts';

/**
 * A queue of keys. A key waits in it at most once, and only one worker has it at a time: what is added while a worker
 * has it comes again when that worker is done. So a worker reads the newest state, and never works against another.
 */
type WorkQueue = {
  readonly add: (key: string) => void;
  /** Adds the key after `delayMs`; where it waits for its time already, the earlier time counts. */
  readonly addAfter: (key: string, delayMs: number) => void;
  /** Adds the key after a wait that grows with each call, until `forget`. */
  readonly addRateLimited: (key: string) => void;
  /** Starts the waits of the key anew; call it when its work has succeeded, or is not needed any more. */
  readonly forget: (key: string) => void;
  /** Resolves with the next key, which has to be given to `done`; with undefined when the queue has ended. */
  readonly get: () => Promise<string | undefined>;
  readonly done: (key: string) => void;
};

type WorkQueueOptions = { readonly backoff?: BackoffLimits; readonly clock?: Clock };

const defaultBackoff: BackoffLimits = { minMs: 500, maxMs: 60_000 };

/** An empty queue, which ends when `signal` is aborted. */
export function createWorkQueue(
  { backoff = defaultBackoff, clock = systemClock }: WorkQueueOptions,
  signal: AbortSignal,
): WorkQueue {
  /** In their order; each is in `dirty` too. */
  const waiting: string[] = [];
  /** The keys that have to be worked on, among them those that a worker has now. */
  const dirty = new Set<string>();
  const processing = new Set<string>();
  const dueMs = new Map<string, number>();
  const backoffs = new Map<string, Backoff>();
  let getters: ((key: string | undefined) => void)[] = [];

  const handOut = (): void => {
    while (getters.length > 0) {
      const key = waiting.shift();
      if (key === undefined) return;
      dirty.delete(key);
      processing.add(key);
      getters.shift()?.(key);
    }
  };
  const add = (key: string): void => {
    if (signal.aborted || dirty.has(key)) return;
    dirty.add(key);
    if (processing.has(key)) return;
    waiting.push(key);
    handOut();
  };
  const addAfter = (key: string, delayMs: number): void => {
    if (delayMs <= 0) return add(key);
    const atMs = clock.now() + delayMs;
    if (signal.aborted || (dueMs.get(key) ?? Infinity) <= atMs) return;
    dueMs.set(key, atMs);
    void addWhenDue(key, delayMs, atMs);
  };
  const addWhenDue = async (key: string, delayMs: number, atMs: number): Promise<void> => {
    await clock.sleep(delayMs, signal);
    // An earlier time was set since: its own sleep adds the key.
    if (dueMs.get(key) !== atMs) return;
    dueMs.delete(key);
    add(key);
  };
  signal.addEventListener('abort', () => {
    for (const resolve of getters) resolve(undefined);
    getters = [];
  });

  return {
    add,
    addAfter,
    addRateLimited(key) {
      const keyBackoff = backoffs.get(key) ?? createBackoff(backoff);
      backoffs.set(key, keyBackoff);
      addAfter(key, keyBackoff.nextMs());
    },
    forget: (key) => void backoffs.delete(key),
    get() {
      if (signal.aborted) return Promise.resolve(undefined);
      const next = new Promise<string | undefined>((resolve) => getters.push(resolve));
      handOut();
      return next;
    },
    done(key) {
      processing.delete(key);
      if (!dirty.has(key)) return;
      waiting.push(key);
      handOut();
    },
  };
}

type WorkerOptions = {
  /** How many keys are worked on at once. */
  readonly workers?: number;
  /** Brings about what is wanted for a key; where it rejects, the key comes again after its backoff. */
  readonly reconcile: (key: string) => Promise<void>;
  readonly onError: (key: string, error: Error) => void;
};

/** Works on the keys of a queue until it ends. Never rejects, and resolves when no work is left running. */
export async function runWorkers(
  queue: WorkQueue,
  { workers = 1, reconcile, onError }: WorkerOptions,
  signal: AbortSignal,
): Promise<void> {
  const work = async (): Promise<void> => {
    for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
      try {
        await reconcile(key);
        queue.forget(key);
      } catch (error) {
        if (!signal.aborted) onError(key, error as Error);
        queue.addRateLimited(key);
      } finally {
        queue.done(key);
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}
