// https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
import { systemClock } from './clock.ts';
import type { FollowLimits } from './follow-limits.ts';
import { type Collection, metadataOnly, pathOf } from './followed.ts';
import { refusal } from './interruption.ts';
import { readAnswer } from './read-answer.ts';
import { withDeadline } from './clock.ts';

type List = {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly unknown[] | null;
};

/** Hands on every object of a collection, page by page, and gives back the version that they were listed at. */
export async function listAll(
  collection: Collection,
  { pageSize, pageMs, limitBytes, deniedMs }: FollowLimits,
  signal: AbortSignal,
  take: (object: unknown) => void,
): Promise<string> {
  const { connection, path, isMetadataOnly } = collection;
  const accept = isMetadataOnly ? metadataOnly('PartialObjectMetadataList') : 'application/json';
  const page = (next: string): Promise<List> =>
    withDeadline(pageMs, signal, systemClock, async (inner) => {
      const url = pathOf(collection, { limit: String(pageSize), ...(next ? { continue: next } : {}) });
      const answer = await readAnswer(
        await connection.get(url, { accept, signal: inner, limitMs: pageMs }),
        limitBytes,
      );
      if (answer.status !== 200) throw refusal(path, answer, deniedMs);
      const list = answer.body as Partial<List> | null;
      // Without a version there would be nothing to watch from, and every object would be missed.
      if (!list?.metadata?.resourceVersion) throw new SyntaxError('the answer is no list');
      return list as List;
    });
  let next = '';
  for (;;) {
    const { metadata, items } = await page(next);
    items?.forEach(take);
    next = metadata.continue ?? '';
    if (!next) return metadata.resourceVersion;
  }
}
