import type { NodeExclusion } from '../quarantine/node-exclusion.ts';
import type { Assignment } from './assign.ts';
import type { HealthIntent } from './model/intent.ts';
import type { Pod } from './pod/pod.ts';
import { type Problem, type SkippedItem, sentence } from './model/problems.ts';
import type { InjectionRequest } from './request.ts';
import { type SkipReason, warnReasons, skipReasons } from './skip-reasons.ts';

/** What may become of an object: the words of the log and of the metric. */
export const results = [
  'injected',
  'copied',
  'excluded',
  'removed',
  'advised',
  ...(Object.keys(skipReasons) as readonly SkipReason[]),
] as const;

export type InjectionResult = (typeof results)[number];

/** The reasoning behind an outcome, as far as it came: each is undefined where an earlier step decided. */
export type Reasoning = {
  readonly request: InjectionRequest | undefined;
  readonly intent: HealthIntent | undefined;
  /** Without the patterns that Pod Security took out. */
  readonly assignment: Assignment | undefined;
  /** What the agent's resources were fitted to, in sentences. */
  readonly fitting: readonly string[] | undefined;
};

/** What became of a Pod. */
export type Outcome = Reasoning & {
  readonly result: InjectionResult;
  /** The policy or the namespace that asked; undefined where annotations did. */
  readonly by: string | undefined;
  /** The Pod as it is to be; the very same where nothing changes. */
  readonly pod: Pod;
  /** The nodes from which the Pod is excluded. */
  readonly exclusions: readonly NodeExclusion[];
  /** What is added, by its names in `status`; what would be, where a policy only audits. */
  readonly added: readonly string[];
  /** What an earlier call had added, by its names in `status`, as far as it is in the Pod that came in. */
  readonly carried: ReadonlySet<string>;
  readonly skippedItems: readonly SkippedItem[];
} & (
    | { readonly kind: 'injected'; readonly patterns: readonly string[]; readonly warnings: readonly string[] }
    | {
        readonly kind: 'skipped';
        readonly reason: SkipReason;
        /** The mistakes of a policy, which are not the user's. */
        readonly problems: readonly Problem[];
      }
    | { readonly kind: 'rejected'; readonly problems: readonly Problem[] }
  );

/** The fields of an outcome for which no step has found anything. */
export const undecided = {
  by: undefined,
  request: undefined,
  intent: undefined,
  assignment: undefined,
  fitting: undefined,
  exclusions: [],
  added: [],
  carried: new Set<string>(),
  skippedItems: [],
  problems: [],
} as const;

/** The outcome for a Pod that is not looked at. */
export const skipped = (pod: Pod, reason: SkipReason): Outcome => ({
  ...undecided,
  kind: 'skipped',
  result: reason,
  reason,
  pod,
});

/** The outcome for a Pod whose manifest is wrong before any annotation is read. */
export const rejected = (pod: Pod, problems: readonly Problem[]): Outcome => ({
  ...undecided,
  kind: 'rejected',
  result: 'invalid-annotations',
  pod,
  problems,
});

/** The warnings for the author of the annotations, in sentences; none where a policy or the namespace asked. */
export function warningsOf(outcome: Outcome): readonly string[] {
  switch (outcome.kind) {
    case 'injected':
      return outcome.by === undefined ? outcome.warnings : [];
    case 'skipped': {
      const { by, reason, skippedItems } = outcome;
      const isLost = reason === 'namespace-disabled' && skippedItems.length > 0;
      if (by !== undefined || !(warnReasons.has(reason) || isLost)) return [];
      return [[skipReasons[reason], ...skippedItems.map(({ what, why }) => `${what}: ${why}.`)].join(' ')];
    }
    case 'rejected':
      return [...outcome.problems.map(sentence), skipReasons['invalid-annotations']];
    default:
      return outcome satisfies never;
  }
}
