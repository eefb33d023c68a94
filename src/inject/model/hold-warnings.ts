import type { V1Pod } from '@kubernetes/client-node';
import { pauseKey, pauseReadinessKey } from '../../hold/pause.ts';
import { parseRestartBudget } from '../../hold/settings.ts';
import { isHoldName } from '../../hold/volume.ts';
import { reasonNotToHold, reasonOfPatterns } from './holdable.ts';
import type { AnnotationMap, ReadingContext } from './intent.ts';
import { type Status, readStatus } from './status.ts';

/** The keys from which nothing but a hold follows. */
const budgetKey = 'restart-budget';
const holdKeys = [pauseKey, pauseReadinessKey, budgetKey] as const;

/** Why a pause and a restart budget change nothing, each as a clause; undefined where they do. */
type Reasons = { readonly pause: string | undefined; readonly budget: string | undefined };

/** Names the keys about holds that change nothing in what is planned for a Pod, each with the reason in one sentence. */
export function holdWarnings(
  { pod, written }: { readonly pod: V1Pod; readonly written: AnnotationMap },
  planned: Pick<Status, 'patterns' | 'added'>,
  { prefix, holds: { maxPauseMs, restartBudgetPercent } }: Pick<ReadingContext, 'prefix' | 'holds'>,
): readonly string[] {
  const ofPod = reasonOfPlan(planned);
  // Those for a pause are read when the Pod runs, and are in no intent.
  return sentences(new Map([...written, ...annotationsOf(pod, prefix, [pauseKey, pauseReadinessKey])]), {
    pause: maxPauseMs === 0 ? 'the administrator allows no pauses' : ofPod,
    budget: restartBudgetPercent === 0 ? 'the administrator has switched the restart budget off' : ofPod,
  });
}

/** The same of a Pod that runs, by what was added to it when it was made. */
export function holdWarningsOfPod(pod: V1Pod, prefix: string): readonly string[] {
  const written = annotationsOf(pod, prefix, holdKeys);
  const ofPod = reasonNotToHold(pod, prefix);
  return sentences(written, {
    pause: ofPod,
    budget: ofPod ?? reasonOfRecord(written.get(budgetKey)?.value, readStatus(pod, prefix)?.fields['restartBudget']),
  });
}

const annotationsOf = ({ metadata }: V1Pod, prefix: string, names: readonly string[]): AnnotationMap =>
  new Map(
    names.flatMap((key) => {
      const [annotation, value] = [prefix + key, metadata?.annotations?.[prefix + key]];
      return value === undefined ? [] : [[key, { annotation, value }] as const];
    }),
  );

/** The budget of a Pod is the one that the webhook noted: neither a later annotation nor a later setting changes it. */
function reasonOfRecord(written = '', recorded: unknown): string | undefined {
  const percent = typeof recorded === 'string' ? (parseRestartBudget(recorded) ?? 0) : 0;
  if (parseRestartBudget(written) === percent) return undefined;
  return `the Pod was made with ${percent === 0 ? 'no budget' : `${percent}%`}, and only a new Pod in its place has another`;
}

function reasonOfPlan({ patterns, added }: Pick<Status, 'patterns' | 'added'>): string | undefined {
  if (added.some(isHoldName)) return undefined;
  const isWithoutAgent = added.every((what) => what.endsWith('Probe'));
  return (
    reasonOfPatterns(patterns) ??
    (isWithoutAgent ? 'no probe asks the agent' : 'a volume of the Pod is mounted at the place of the hold')
  );
}

/** A budget that is off asks for nothing, and `pause-readiness` for nothing beyond the pause. */
const sentences = (written: AnnotationMap, { pause, budget }: Reasons): readonly string[] =>
  holdKeys.flatMap((key) => {
    const entry = written.get(key);
    const why = key === budgetKey ? budget : pause;
    const isSaid = key === pauseReadinessKey && written.has(pauseKey);
    if (!entry || why === undefined || isSaid || (key === budgetKey && entry.value === 'off')) return [];
    return [`${entry.annotation} has no effect: ${why}.`];
  });
