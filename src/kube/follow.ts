// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
import { createBackoff } from './flow-control.ts';
import { systemClock } from './clock.ts';
import { type FollowLimits, usualLimits } from './follow-limits.ts';
import type { Followed } from './followed.ts';
import { interruption } from './interruption.ts';
import { listAll } from './list-all.ts';
import { TooLong } from './read-answer.ts';
import { watchFrom } from './watch-from.ts';
import { withDeadline } from './clock.ts';

/** Who hears of the objects. What it throws is told to `failed`, and ends nothing. */
export type Handler<T> = {
  /** These are all the objects: any other is gone. */
  readonly reset: (items: readonly T[]) => void;
  readonly upsert: (item: T) => void;
  /** The object is gone, or is no longer selected; it comes as it was last. */
  readonly remove: (item: T) => void;
  /** Called once, after the first `reset`. */
  readonly synced: () => void;
  /** One sentence when following is interrupted; the same one is not told again before it has gone on. */
  readonly failed: (sentence: string) => void;
};

/**
 * Lists and then watches a collection until `signal` is aborted, over any failure; never rejects, and resolves when
 * nothing is left running.
 */
export async function follow<T>(
  followed: Followed<T>,
  handler: Handler<T>,
  signal: AbortSignal,
  limits: FollowLimits = usualLimits,
): Promise<void> {
  const { path, read } = followed;
  const backOff = createBackoff(limits);
  let { pageSize } = limits;
  let version: string | undefined;
  let isSynced = false;
  let told = '';

  const tell = (sentence: string): void => {
    if (sentence === told) return;
    told = sentence;
    try {
      handler.failed(sentence);
    } catch {
      // Nobody is left to tell.
    }
  };
  const attempt = (what: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      tell(`${path}: ${what} could not be handled: ${(error as Error).message}.`);
    }
  };
  const succeeded = (): void => {
    backOff.reset();
    told = '';
  };

  const list = async (): Promise<string> => {
    const items: T[] = [];
    const listed = await listAll(followed, { ...limits, pageSize }, signal, (object) =>
      attempt('an object', () => items.push(read(object))),
    );
    signal.throwIfAborted();
    attempt('the list', () => handler.reset(items));
    if (!isSynced) attempt('the first list', handler.synced);
    isSynced = true;
    told = '';
    return listed;
  };

  const watch = async (from: string): Promise<void> => {
    const [least, most] = limits.watchSeconds;
    const seconds = least + Math.floor(Math.random() * (most - least + 1));
    const openedMs = systemClock.now();
    await withDeadline(seconds * 1_000 + limits.graceMs, signal, systemClock, (inner) =>
      watchFrom(followed, { ...limits, from, seconds }, inner, ({ type, object, version: next }) => {
        if (type === 'DELETED') attempt('a removal', () => handler.remove(read(object)));
        else if (type !== 'BOOKMARK') attempt('a change', () => handler.upsert(read(object)));
        version = next;
        succeeded();
      }),
    );
    // A server that ends every watch at once is as good as none: it must not be asked again at once for ever.
    if (systemClock.now() - openedMs >= limits.maxMs) succeeded();
  };

  while (!signal.aborted) {
    let waitMs = 0;
    try {
      version ??= await list();
      await watch(version);
    } catch (error) {
      if (signal.aborted) return;
      const { message, isStale, waitMs: askedMs } = interruption(path, error);
      tell(message);
      waitMs = askedMs;
      if (isStale) version = undefined;
      // Hundreds of objects of the largest size must not keep the rest from being seen.
      if (error instanceof TooLong) pageSize = Math.ceil(pageSize / 2);
    }
    await systemClock.sleep(Math.max(waitMs, backOff.nextMs()), signal);
  }
}
