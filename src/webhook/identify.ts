import type { ReviewRequest } from './review.ts';

/** What tells one review from another in the log, besides its uid. */
export type Identity = {
  readonly namespace: string;
  readonly kind: string;
  readonly name: unknown;
  readonly owner: string | undefined;
  readonly dryRun: boolean;
};

/** Says who a review is about; a Pod of a controller has no name yet, only the start of one. */
export function identify(review: ReviewRequest): Identity {
  const { generateName, ownerReferences } =
    (review.object as { metadata?: Record<string, unknown> } | null)?.metadata ?? {};
  const owner = Array.isArray(ownerReferences) ? ownerReferences[0] : undefined;
  return {
    namespace: review.namespace,
    kind: review.kind,
    name: cut(review.name || generateName),
    owner: owner
      ? [owner.kind, owner.name]
          .filter((part) => typeof part === 'string')
          .map(cut)
          .join('/')
      : undefined,
    dryRun: review.dryRun,
  };
}

/** The apiserver validates names after admission: until then one may be megabytes long. */
const cut = (name: unknown): unknown => (typeof name === 'string' ? name.slice(0, 253) : name);
