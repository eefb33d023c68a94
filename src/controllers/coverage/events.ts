import type { EventRecorder } from '../../kube/event-recorder.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { Owner, OwnerResolver } from '../../kube/owners.ts';
import { type PodSummary, controllerKeyOf } from './pod-index.ts';

/** The reasons of Events, with what the controller did or would have done, in the word that an Event has for it. */
export const eventActions = {
  HealthCheckMissed: 'Inject',
  InvalidHealthAnnotation: 'Inject',
  HealthCheckDoesNotFit: 'Inject',
  HealthCheckFails: 'Check',
  HardwareUnknown: 'Check',
  WouldRestart: 'Restart',
  HealthCheckRepairGivenUp: 'Evict',
  HealthCheckRepairRefused: 'Evict',
} as const;

/** An Event about the owner of a Pod, or about a bare Pod itself. */
export type CoverageEvent = {
  readonly namespace: string;
  readonly owner: Owner;
  readonly reason: keyof typeof eventActions;
  readonly note: string;
};

/** One Event for each owner of Pods that lack their check, however many Pods it has. */
export const eventsForMissed = (missed: readonly PodSummary[]): CoverageEvent[] =>
  oldestOfOwners(missed).map((pod) =>
    eventAbout(
      pod,
      'HealthCheckMissed',
      `Pod ${pod.name} runs without the health check that ${pod.verdict.whoAsks} for ` +
        `(it lacks ${pod.verdict.notes.join(', ')}): it was created while health-injector could not be asked, ` +
        `or before a policy or an annotation asked. Restart the workload to have it injected.`,
    ),
  );

/** One Event for each owner of Pods whose annotations are invalid. */
export const eventsForInvalid = (invalid: readonly PodSummary[]): CoverageEvent[] =>
  oldestOfOwners(invalid).map((pod) => eventAbout(pod, 'InvalidHealthAnnotation', pod.verdict.notes.join(' ')));

/** One Event for each owner of Pods that the agent does not fit into, with the numbers of the oldest. */
export const eventsForUnfitting = (unfitting: readonly PodSummary[]): CoverageEvent[] =>
  oldestOfOwners(unfitting).map((pod) =>
    eventAbout(
      pod,
      'HealthCheckDoesNotFit',
      `Pod ${pod.name} runs without the health check that ${pod.verdict.whoAsks} for: ${pod.verdict.notes.join(' ')}`,
    ),
  );

export const eventAbout = (pod: PodSummary, reason: CoverageEvent['reason'], note: string): CoverageEvent => ({
  namespace: pod.namespace,
  owner: pod.owner ?? { apiVersion: 'v1', kind: 'Pod', name: pod.name, uid: pod.uid },
  reason,
  note,
});

/** The oldest Pod of each owner: the note stays the same as long as that Pod runs, and is one series of Events. */
function oldestOfOwners(pods: readonly PodSummary[]): PodSummary[] {
  const oldest = new Map<string, PodSummary>();
  for (const pod of pods) {
    const key = controllerKeyOf(pod);
    const other = oldest.get(key);
    if (!other || pod.createdMs < other.createdMs) oldest.set(key, pod);
  }
  return [...oldest.values()];
}

/**
 * Records Events about the root owners. Where the apiserver refuses to say which that is, the Event is about the owner
 * itself; the next pass asks again. Rejects where the apiserver does not answer.
 */
export async function recordEvents(
  coverageEvents: readonly CoverageEvent[],
  { owners, recorder }: { readonly owners: OwnerResolver; readonly recorder: EventRecorder },
  signal: AbortSignal,
): Promise<void> {
  for (const { namespace, owner, reason, note } of coverageEvents) {
    const root = await owners.resolveRoot(owner, namespace, signal).catch((error: unknown) => {
      if (error instanceof ApiError) return owner;
      throw error;
    });
    const regarding = { ...root, namespace };
    recorder.event({ regarding, type: 'Warning', reason, action: eventActions[reason], note });
  }
}
