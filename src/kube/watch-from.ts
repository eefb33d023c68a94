// https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks
import type { FollowLimits } from './follow-limits.ts';
import { type Collection, metadataOnly, pathOf } from './followed.ts';
import { refusal } from './interruption.ts';
import { readAnswer } from './read-answer.ts';
import { readLines } from './read-lines.ts';

/** One line of a watch that is no error; its version is where another watch would go on. */
export type Change = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: unknown;
  readonly version: string;
};

type Line = {
  readonly type: Change['type'] | 'ERROR';
  readonly object: { readonly code?: number; readonly metadata?: { readonly resourceVersion?: string } };
};

/** Hands on what changes after the version `from`, until the apiserver ends the watch. */
export async function watchFrom(
  collection: Collection,
  { from, seconds, graceMs, limitBytes, deniedMs }: FollowLimits & { readonly from: string; readonly seconds: number },
  signal: AbortSignal,
  take: (change: Change) => void,
): Promise<void> {
  const { connection, path, isMetadataOnly } = collection;
  const accept = isMetadataOnly ? metadataOnly('PartialObjectMetadata') : 'application/json';
  const url = pathOf(collection, {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    timeoutSeconds: String(seconds),
  });
  const response = await connection.get(url, { accept, signal, limitMs: seconds * 1_000 + graceMs });
  if (response.status !== 200) throw refusal(path, await readAnswer(response, limitBytes), deniedMs);
  for await (const line of readLines(response.body, limitBytes)) {
    // What came in one piece with an end of the following is not for the handler any more.
    signal.throwIfAborted();
    const { type, object } = (JSON.parse(line) ?? {}) as Partial<Line>;
    if (type === 'ERROR') {
      throw refusal(path, { status: object?.code ?? 500, retryAfterMs: 0, body: object }, deniedMs);
    }
    const version = object?.metadata?.resourceVersion;
    if (type === undefined || !version) throw new SyntaxError('a change has no resourceVersion');
    take({ type, object, version });
  }
}
