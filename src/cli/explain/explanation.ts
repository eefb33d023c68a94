import { type SkippedItem, sentence } from '../../inject/problems.ts';
import { type SkipReason, skipReasons } from '../../inject/skip-reasons.ts';
import { readStatus } from '../../inject/status.ts';
import type { Considered } from '../consider.ts';
import { type Cost, costOfAll } from './cost.ts';
import type { PodExplanation } from './explain-pod.ts';
import { type ContainerExplanation, explainContainers } from './explain-container.ts';

/** All that can be said of what injection does to one Pod or workload, and why. */
export type Explanation = Pick<Considered, 'kind' | 'namespace' | 'name'> & {
  readonly result: 'injected' | SkipReason;
  readonly sentence: string;
  /** The policy or the namespace that asks; null where annotations do, or nobody. */
  readonly by: string | null;
  readonly containers: readonly ContainerExplanation[];
  /** What is added; with a policy on trial what would be. */
  readonly added: readonly string[];
  readonly kept: readonly SkippedItem[];
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
  /** Undefined where nothing is added. */
  readonly cost?: Cost;
  /** The newest Pod of a live workload, or the Pod itself; null where the workload has none. */
  readonly pod?: PodExplanation | null;
};

const listFormat = new Intl.ListFormat('en');

/** Explains what injection does to an object. */
export function explainConsidered(considered: Considered, prefix: string): Explanation {
  const { kind, namespace, name, outcome, pod } = considered;
  const containers = explainContainers(considered, prefix);
  const nothing = { added: [], kept: [], warnings: considered.overruled, problems: [] };
  const about = { kind, namespace, name, by: outcome.by ?? null, containers };
  switch (outcome.kind) {
    case 'skipped': {
      const { reason, skippedItems: kept, added } = outcome;
      const problems = outcome.problems.map(sentence);
      return { ...about, ...nothing, result: reason, sentence: skipReasons[reason], kept, added, problems };
    }
    case 'rejected': {
      const result = 'invalid-annotations';
      const problems = outcome.problems.map(sentence);
      return { ...about, ...nothing, result, sentence: skipReasons[result], problems };
    }
    case 'injected': {
      const { added, skippedItems: kept, patterns } = outcome;
      // An upgrade writes the annotation status anew, and adds nothing.
      const earlier = new Set(readStatus(pod, prefix)?.added);
      const isNew = added.some((what) => !earlier.has(what));
      return {
        ...about,
        ...nothing,
        result: isNew ? 'injected' : 'already-injected',
        sentence: isNew ? `health checks by ${listFormat.format(patterns)}.` : skipReasons['already-injected'],
        added,
        kept,
        warnings: [...considered.overruled, ...outcome.warnings],
        cost: costOfAll(outcome),
      };
    }
    default:
      return outcome satisfies never;
  }
}
