import { isDeepStrictEqual } from 'node:util';
import type { Connection } from '../cluster/connection.ts';
import { policiesPath } from '../cluster/follow-surroundings.ts';
import { messageOf, readAnswer } from '../cluster/read-answer.ts';
import type { InjectionContext } from '../inject/inject.ts';
import type { Problem } from '../inject/problems.ts';
import type { HealthPolicy } from '../policy/policy.ts';
import { policyProblems } from '../policy/validate.ts';
import { type Census, emptyCount } from './census.ts';
import { type PolicyStatus, policyStatus } from './policy-status.ts';

/** A policy as the apiserver sends it. */
export type HeldPolicy = HealthPolicy & { readonly status?: Partial<PolicyStatus> };

/** How many are written at a time, so that a thousand policies do not keep the apiserver from its work. */
const mostAtOnce = 20;

/** A policy is read again only when it comes anew. */
const known = new WeakMap<HealthPolicy, readonly Problem[]>();

function problemsOf(policy: HealthPolicy, context: InjectionContext): readonly Problem[] {
  const problems = known.get(policy) ?? policyProblems(policy, context);
  known.set(policy, problems);
  return problems;
}

/** How many of these policies have a mistake. */
export function countMistaken(policies: Iterable<HealthPolicy>, context: InjectionContext): number {
  let count = 0;
  for (const policy of policies) if (problemsOf(policy, context).length > 0) count += 1;
  return count;
}

/** Writes the statuses that are not as they should be; the next call goes on with the rest. */
export async function writeStatuses(
  connection: Connection,
  policies: Iterable<HeldPolicy>,
  census: Census,
  context: InjectionContext,
  failed: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const counts = census.byPolicy();
  let left = mostAtOnce;
  for (const policy of policies) {
    const { name = '' } = policy.metadata;
    const problems = problemsOf(policy, context);
    const wanted = policyStatus(policy, policy.status, counts.get(name) ?? emptyCount(), problems, new Date());
    if (isDeepStrictEqual(wanted, policy.status)) continue;
    if (left-- === 0) return;
    // A merge patch leaves what it does not name: a reason that no Pod is skipped for any more has to be taken away.
    const gone = Object.keys(policy.status?.skipped ?? {}).filter((reason) => !Object.hasOwn(wanted.skipped, reason));
    const skipped = { ...Object.fromEntries(gone.map((reason) => [reason, null])), ...wanted.skipped };
    const body = { status: { ...wanted, skipped } };
    const response = await connection.send('PATCH', `${policiesPath}/${name}/status`, body, { signal });
    const answer = await readAnswer(response, 4 * 1024 * 1024);
    if (answer.status !== 200 && answer.status !== 404) {
      failed(`The status of HealthPolicy ${name} could not be written: ${messageOf(answer)}.`);
    }
  }
}
