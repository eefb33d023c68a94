import type { Pod } from '../pod/pod.ts';
import type { Problem } from './problem.ts';
import type { SkipReason } from './skip-reason.ts';

/** What was left as the user has it, and why. */
export type Kept = { readonly what: string; readonly why: string };

/** Why a probe is left alone that the user wrote. */
export const existsAlready = 'the container has this probe already';

/** What became of a Pod; `by` names the policy or the namespace that asked, and is undefined where annotations did. */
export type Outcome =
  | {
      readonly kind: 'injected';
      readonly by: string | undefined;
      readonly pod: Pod;
      readonly patterns: readonly string[];
      readonly added: readonly string[];
      readonly kept: readonly Kept[];
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'skipped';
      readonly by: string | undefined;
      readonly reason: SkipReason;
      readonly kept: readonly Kept[];
      /** What a policy on trial would add. */
      readonly added: readonly string[];
      /** The mistakes of a policy, which are not the user's. */
      readonly problems: readonly Problem[];
    }
  | {
      readonly kind: 'rejected';
      readonly by: undefined;
      /** The Pod with nothing but the problems written on it. */
      readonly pod: Pod;
      readonly problems: readonly Problem[];
    };

type Skipped = Outcome & { readonly kind: 'skipped' };

/** A Pod that is left alone. */
export const skipped = (reason: SkipReason, notes: Partial<Omit<Skipped, 'kind' | 'reason'>> = {}): Skipped => ({
  kind: 'skipped',
  by: undefined,
  reason,
  kept: [],
  added: [],
  problems: [],
  ...notes,
});
