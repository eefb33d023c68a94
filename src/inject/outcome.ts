import type { KeptOff } from '../quarantine/node-exclusion.ts';
import type { Assignment } from './assign.ts';
import type { HealthIntent } from './intent/types.ts';
import type { Pod } from './pod/pod.ts';
import { type Problem, sentence } from './problems.ts';
import type { Wish } from './request.ts';
import { type SkipReason, loudReasons, skipReasons } from './skip-reasons.ts';

/** What was left as the user has it, and why. */
export type Kept = { readonly what: string; readonly why: string };

/** Why a probe is left alone that the user wrote. */
export const existsAlready = 'the container has this probe already';

/** What may become of an object: the words of the log and of the metric. */
export const results = [
  'injected',
  'copied',
  'kept-off',
  ...(Object.keys(skipReasons) as readonly SkipReason[]),
] as const;

export type InjectionResult = (typeof results)[number];

/** The reasoning behind an outcome, as far as it came: each is undefined where an earlier step decided. */
export type Reasoning = {
  readonly request: Wish | undefined;
  readonly intent: HealthIntent | undefined;
  /** Without the patterns that Pod Security took out. */
  readonly assignment: Assignment | undefined;
};

/** What became of a Pod. */
export type Outcome = Reasoning & {
  readonly result: InjectionResult;
  /** The policy or the namespace that asked; undefined where annotations did. */
  readonly by: string | undefined;
  /** The Pod as it is to be; the very same where nothing changes. */
  readonly pod: Pod;
  /** The nodes that the Pod is kept off. */
  readonly exclusions: readonly KeptOff[];
  /** What is added, by its names in `status`; what would be, where a policy is on trial. */
  readonly added: readonly string[];
  readonly kept: readonly Kept[];
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

/** What is so of a Pod until a step says otherwise. */
export const undecided = {
  by: undefined,
  request: undefined,
  intent: undefined,
  assignment: undefined,
  exclusions: [],
  added: [],
  kept: [],
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

/** What the one who asked should be told of an outcome, in sentences; nothing where it was a policy or the namespace. */
export function warningsOf(outcome: Outcome): readonly string[] {
  switch (outcome.kind) {
    case 'injected':
      return outcome.by === undefined ? outcome.warnings : [];
    case 'skipped': {
      const { by, reason, kept } = outcome;
      if (by !== undefined || !loudReasons.has(reason)) return [];
      return [[skipReasons[reason], ...kept.map(({ what, why }) => `${what}: ${why}.`)].join(' ')];
    }
    case 'rejected':
      return [...outcome.problems.map(sentence), skipReasons['invalid-annotations']];
    default:
      return outcome satisfies never;
  }
}
