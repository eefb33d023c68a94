import { isDeepStrictEqual } from 'node:util';
import type { InjectionContext } from '../../inject/decide.ts';
import { type Problem, sentence } from '../../inject/model/problems.ts';
import { ignoreNotFound } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import { type HealthPolicy, policiesPath } from '../../policy/policy.ts';
import { policyProblems } from '../../policy/validate.ts';
import type { TrialStatus } from '../../trial/sums.ts';
import type { PolicyCount } from './pod-index.ts';

/** One condition, as the API conventions have it. */
type Condition = {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
};

/** The status of a HealthPolicy. */
type PolicyStatus = {
  readonly observedGeneration: number;
  readonly matched: number;
  readonly injected: number;
  readonly missed: number;
  readonly unproven: number;
  /** Absent where none of its Pods is on trial. */
  readonly trial?: TrialStatus;
  readonly skipped: Readonly<Record<string, number>>;
  readonly lastSeen?: string;
  readonly conditions: readonly Condition[];
};

/** A policy as the apiserver sends it. */
export type HealthPolicyWithStatus = HealthPolicy & { readonly status?: Partial<PolicyStatus> };

/** The status that a policy should have. Its present status only says since when a condition holds. */
export function policyStatus(
  policy: HealthPolicyWithStatus,
  count: PolicyCount,
  problems: readonly Problem[],
  now: Date,
): PolicyStatus {
  const { status: held } = policy;
  const observedGeneration = policy.metadata.generation ?? 0;
  const isAccepted = problems.length === 0;
  const status = isAccepted ? 'True' : 'False';
  const before = held?.conditions?.find(({ type }) => type === 'Accepted');
  return {
    observedGeneration,
    matched: count.matched,
    injected: count.injected,
    missed: count.missed,
    unproven: count.unproven,
    ...(count.trial ? { trial: count.trial } : {}),
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

/** The problems of a policy. They are computed once for each version of it that the apiserver sends. */
export function createPolicyValidator(context: InjectionContext): (policy: HealthPolicy) => readonly Problem[] {
  const cached = new WeakMap<HealthPolicy, readonly Problem[]>();
  return (policy) => {
    const problems = cached.get(policy) ?? policyProblems(policy, context);
    cached.set(policy, problems);
    return problems;
  };
}

/** Writes the status that a policy should have, unless it has it already. */
export async function writePolicyStatus(
  client: Client,
  policy: HealthPolicyWithStatus,
  wanted: PolicyStatus,
  signal: AbortSignal,
): Promise<void> {
  if (isDeepStrictEqual(wanted, policy.status)) return;
  // A merge patch keeps what it does not name: a reason that no Pod is skipped for any more has to be removed.
  const gone = Object.keys(policy.status?.skipped ?? {}).filter((reason) => !Object.hasOwn(wanted.skipped, reason));
  const skipped = { ...Object.fromEntries(gone.map((reason) => [reason, null])), ...wanted.skipped };
  // The same of the last incident, which an agent that begins anew no longer has.
  const { lastTime = null, last = null, ...counts } = wanted.trial?.wouldRestart ?? {};
  const trial = wanted.trial ? { ...wanted.trial, wouldRestart: { ...counts, lastTime, last } } : null;
  const path = `${policiesPath}/${policy.metadata.name ?? ''}/status`;
  await ignoreNotFound(
    client.patch(
      path,
      { status: { ...wanted, skipped, ...(wanted.trial || policy.status?.trial ? { trial } : {}) } },
      { signal },
    ),
  );
}
