import { type Problem, sentence } from '../inject/problems.ts';
import type { HealthPolicy } from '../policy/policy.ts';
import type { PolicyCount } from './census.ts';

/** One condition, as the API conventions have it. */
export type Condition = {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
};

/** The status of a HealthPolicy. */
export type PolicyStatus = {
  readonly observedGeneration: number;
  readonly matched: number;
  readonly injected: number;
  readonly missed: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly lastSeen?: string;
  readonly conditions: readonly Condition[];
};

/** The status that a policy should have; the one that it has only tells since when a condition holds. */
export function policyStatus(
  policy: HealthPolicy,
  held: Partial<PolicyStatus> | undefined,
  count: PolicyCount,
  problems: readonly Problem[],
  now: Date,
): PolicyStatus {
  const observedGeneration = policy.metadata.generation ?? 0;
  const isAccepted = problems.length === 0;
  const status = isAccepted ? 'True' : 'False';
  const before = held?.conditions?.find(({ type }) => type === 'Accepted');
  return {
    observedGeneration,
    matched: count.matched,
    injected: count.injected,
    missed: count.missed,
    skipped: Object.fromEntries([...count.skipped].toSorted()),
    ...(count.lastSeenMs > 0 ? { lastSeen: new Date(count.lastSeenMs).toISOString() } : lastSeenOf(held)),
    conditions: [
      {
        type: 'Accepted',
        status,
        observedGeneration,
        lastTransitionTime: before?.status === status ? before.lastTransitionTime : now.toISOString(),
        reason: isAccepted ? 'Valid' : 'Mistaken',
        message: isAccepted ? 'What it injects can be read.' : problems.map(sentence).join(' ').slice(0, 4_096),
      },
    ],
  };
}

const lastSeenOf = (held: Partial<PolicyStatus> | undefined) => (held?.lastSeen ? { lastSeen: held.lastSeen } : {});
