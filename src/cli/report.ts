import { sentence } from '../inject/model/problems.ts';
import { skipReasons } from '../inject/skip-reasons.ts';
import { warningsOf } from '../inject/outcome.ts';
import { type EvaluatedObject, titleOf } from './evaluate.ts';

/** What was done to a Pod or workload, in a line, and a line for each warning. */
export function reportOf(evaluated: EvaluatedObject): string[] {
  const { outcome, leftAlone } = evaluated;
  // What is left alone for what stands in the manifest is told with its place.
  if (leftAlone) return [];
  const warnings = [...evaluated.overruled, ...(outcome.kind === 'injected' ? warningsOf(outcome) : [])];
  const sentences = [doneTo(evaluated), ...warnings.map((warning) => `warning: ${warning}`)];
  return sentences.map((text) => `${titleOf(evaluated)}: ${text}`);
}

function doneTo(evaluated: EvaluatedObject): string {
  const { outcome } = evaluated;
  switch (outcome.kind) {
    case 'skipped': {
      const would = outcome.added.length > 0 ? [`It would add ${outcome.added.join(', ')}.`] : [];
      const done = outcome.result === 'removed' ? 'uninjected:' : 'skipped:';
      return [done, skipReasons[outcome.reason], ...would, ...outcome.problems.map(sentence)].join(' ');
    }
    case 'rejected':
      return `refused: ${outcome.problems.map(sentence).join(' ')}`;
    case 'injected': {
      if (outcome.result === 'already-injected') return `skipped: ${skipReasons['already-injected']}`;
      const by = outcome.by === undefined ? '' : `, as ${outcome.by} asks`;
      const kept = outcome.skippedItems.map(({ what }) => what);
      // In trial what the patterns would have added is what the agent asks for.
      const how = outcome.intent?.isTrial ? 'for a trial, which adds no probe: ' : '';
      return `injected ${how}${addedBy(evaluated)}${by}${kept.length > 0 ? `; left alone ${kept.join(', ')}` : ''}`;
    }
    default:
      return outcome satisfies never;
  }
}

/** Such as `port (liveness of web), sidecar (liveness, readiness, startup of redis)`. */
const addedBy = ({ outcome }: EvaluatedObject): string =>
  [...(outcome.assignment?.byPattern ?? [])]
    .map(([pattern, containers]) => {
      const probes = containers.map(
        ({ probes: assigned, container }) => `${assigned.map(({ probe }) => probe).join(', ')} of ${container}`,
      );
      return `${pattern} (${probes.join('; ')})`;
    })
    .join(', ');
