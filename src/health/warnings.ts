import type { Outcome } from './outcome.ts';
import { sentence } from './problem.ts';
import { loudReasons, skipReasons } from './skip-reason.ts';

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
