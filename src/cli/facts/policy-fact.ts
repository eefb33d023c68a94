import type { InjectionContext } from '../../inject/decide.ts';
import { sentence } from '../../inject/model/problems.ts';
import type { HealthPolicyWithStatus } from '../../controllers/coverage/policy-status.ts';
import { policyProblems } from '../../policy/validate.ts';
import type { PolicyFact } from '../../report/facts.ts';

/** A policy of a cluster, or of a manifest, which has no status. */
export function policyFact(policy: HealthPolicyWithStatus, context: InjectionContext): PolicyFact {
  const { metadata, spec = {}, status } = policy;
  return {
    name: metadata.name ?? '',
    mode: spec.mode ?? 'Enforce',
    priority: spec.priority ?? 0,
    asks: Object.entries({ pattern: 'auto', ...spec.inject })
      .map(([key, value]) => `${key}: ${value}`)
      .join(', '),
    problems: policyProblems(policy, context).map(sentence),
    matched: status?.matched,
    injected: status?.injected,
    missed: status?.missed,
    unproven: status?.unproven,
  };
}
