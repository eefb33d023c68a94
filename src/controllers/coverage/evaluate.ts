import { isHoldName } from '../../hold/volume.ts';
import { isFitReason } from '../../inject/fit/judge.ts';
import type { InjectionContext } from '../../inject/decide.ts';
import { inject } from '../../inject/inject.ts';
import { sentence } from '../../inject/model/problems.ts';
import type { SkipReason } from '../../inject/skip-reasons.ts';
import type { Pod } from '../../inject/pod/pod.ts';
import type { PolicyScope } from '../../inject/model/scope.ts';

/** Whether a running Pod has the health check that its annotations, a policy or its namespace ask for. */
export type Verdict = {
  /** `missed`: it should have been injected when it was created, and was not. */
  readonly state: 'injected' | 'missed' | SkipReason;
  /** The policy that asks; undefined where annotations or the namespace do. */
  readonly policy: string | undefined;
  /** Who asks, as a clause. */
  readonly whoAsks: string;
  /** What a missed Pod lacks, or the problems of its annotations. */
  readonly notes: readonly string[];
};

/** Evaluates a running Pod by the function that the webhook injects with; undefined where nothing asks for a check. */
export function evaluateCoverage(pod: Pod, context: InjectionContext, scope: PolicyScope): Verdict | undefined {
  const outcome = inject(pod, context, scope);
  const policy = policyOf(outcome.by);
  const whoAsks = outcome.by === undefined ? 'its annotations ask' : `${outcome.by} asks`;
  switch (outcome.kind) {
    case 'injected': {
      // After an upgrade a new Pod would get another image and other arguments: this one misses nothing.
      const isMissed = outcome.added.some((name) => !outcome.carried.has(name) && !isHoldName(name));
      return {
        state: isMissed ? 'missed' : 'injected',
        policy,
        whoAsks,
        notes: isMissed ? outcome.added.filter((name) => !isHoldName(name)) : [],
      };
    }
    case 'rejected':
      return { state: 'invalid-annotations', policy, whoAsks, notes: outcome.problems.map(sentence) };
    case 'skipped': {
      const { reason, problems, skippedItems } = outcome;
      const notes = isFitReason(reason) ? skippedItems.map(({ why }) => `${why}.`) : problems.map(sentence);
      const isUnasked = reason === 'not-asked' || reason === 'namespace-disabled';
      return isUnasked ? undefined : { state: reason, policy, whoAsks, notes };
    }
    default:
      return outcome satisfies never;
  }
}

/** The name in `HealthPolicy NAME`. */
const policyOf = (by: string | undefined): string | undefined => /^HealthPolicy (.+)$/.exec(by ?? '')?.[1];
