import { type EventInput, podReference } from '../../kube/event.ts';
import type { EventRecorder } from '../../kube/event-recorder.ts';
import type { Owner } from '../../kube/owners.ts';
import { utcTime } from '../../wording/times.ts';
import type { OwnerDecision } from './decide.ts';
import type { OwnerPlan } from './plan.ts';
import type { ProbedPod } from './pod.ts';

/** The reason of the Events about restarts that wait, and what the controller does, in the word that an Event has for it. */
export const budgetEventActions = { RestartHeld: 'Hold' } as const;

const about = { type: 'Warning', reason: 'RestartHeld', action: budgetEventActions.RestartHeld } as const;

/** Records once for each series of holds that restarts wait: about each Pod, and about the owner. */
export function createHoldReporter(recorder: Pick<EventRecorder, 'event'>) {
  /** The uids of the Pods and the keys of the owners of which it was recorded. */
  let recorded: ReadonlySet<string> = new Set();
  return {
    /** `untilOf` says until when a Pod is held, once that is written. */
    report(plans: readonly OwnerPlan[], untilOf: (pod: ProbedPod) => number | undefined): void {
      const next = new Set<string>();
      for (const { key, namespace, root, decision, pods } of plans) {
        for (const pod of pods) {
          const untilMs = untilOf(pod);
          if (untilMs === undefined) continue;
          // What fails may pass for a moment, as after a restart: the series ends with the hold.
          const isNew = !recorded.has(pod.uid);
          if (isNew && !decision.heldFailing.has(pod.uid)) continue;
          next.add(pod.uid).add(key);
          if (isNew) recorder.event(eventOfPod(pod, root, decision, untilMs));
        }
        if (next.has(key) && !recorded.has(key)) recorder.event(eventOfOwner(namespace, root, decision));
      }
      recorded = next;
    },
  };
}

/** How many fail of how many, and what the budget is, as a clause. */
function state({ kind, name }: Owner, { pods, failing, restarted, budget, percent }: OwnerDecision): string {
  const fail = failing === 1 ? '1 fails its' : `${failing} fail their`;
  const often = restarted === 0 ? '' : ` and ${restarted} ${restarted === 1 ? 'was' : 'were'} restarted`;
  return `of the ${pods} Pods of ${kind} ${name} ${fail} liveness${often}, and at most ${budget} (${percent} %) are restarted in ten minutes`;
}

function eventOfPod(pod: ProbedPod, root: Owner, decision: OwnerDecision, untilMs: number): EventInput {
  const until = utcTime(untilMs);
  return {
    ...about,
    regarding: podReference(pod),
    note:
      `The restart of Pod ${pod.name} waits: ${state(root, decision)}. What they depend on may be broken. It is held until ${until}, ` +
      'and longer as long as that is so; what fails longest is restarted first.',
  };
}

const eventOfOwner = (namespace: string, root: Owner, decision: OwnerDecision): EventInput => ({
  ...about,
  regarding: { ...root, namespace },
  note: `Restarts wait: ${state(root, decision)}. What they depend on may be broken.`,
});
