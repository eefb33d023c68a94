import type { AnnotationMap, ReadingContext } from '../../model/intent.ts';
import { type Collector, readName } from '../../model/problems.ts';

/** The keys of this pattern, with a line of meaning each. */
export const sidecarKeys = {
  reasons:
    'Who gets the sentences of failed checks from the sidecar: pod (the default), or public, with which they stand in Events.',
} as const;

/** What the key `reasons` takes. */
export const reasonAudiences = ['pod', 'public'] as const;

/** Whether the agent answers `?verbose` to others than its own Pod. */
export type SidecarOptions = { readonly reasons: (typeof reasonAudiences)[number] };

/** Reads the keys of pattern sidecar. */
export const readSidecarOptions = (
  annotations: AnnotationMap,
  _context: ReadingContext,
  collector: Collector,
): SidecarOptions => ({ reasons: readName(annotations.get('reasons'), reasonAudiences, collector) ?? 'pod' });
