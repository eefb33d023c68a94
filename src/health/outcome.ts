import type { Pod } from '../pod/pod.ts';
import type { Problem } from './problem.ts';
import type { SkipReason } from './skip-reason.ts';

/** What was left as the user has it, and why. */
export type Kept = { readonly what: string; readonly why: string };

/** What became of a Pod. */
export type Outcome =
  | {
      readonly kind: 'injected';
      readonly pod: Pod;
      readonly patterns: readonly string[];
      readonly added: readonly string[];
      readonly kept: readonly Kept[];
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly kept: readonly Kept[] }
  | {
      readonly kind: 'rejected';
      /** The Pod with nothing but the problems written on it. */
      readonly pod: Pod;
      readonly problems: readonly Problem[];
    };

/** A Pod that is left alone. */
export const skipped = (reason: SkipReason, kept: readonly Kept[] = []): Outcome => ({ kind: 'skipped', reason, kept });
