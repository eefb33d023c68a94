import type { Owner } from '../kube/owners.ts';
import type { PodRecord } from './census.ts';

/** The reasons of Events, with what the controller did or would have done, in the word that an Event has for it. */
export const newsActions = {
  HealthCheckMissed: 'Inject',
  InvalidHealthAnnotation: 'Inject',
  HealthCheckRepairGivenUp: 'Evict',
  HealthCheckRepairRefused: 'Evict',
} as const;

/** What an owner should be told by an Event. */
export type News = {
  readonly namespace: string;
  readonly owner: Owner;
  readonly reason: keyof typeof newsActions;
  readonly note: string;
};

/** What to say of the Pods that lack what somebody asks for: once for each owner, however many Pods it has. */
export const newsOfMissed = (missed: readonly PodRecord[]): News[] =>
  firstOfOwners(missed).map((record) =>
    newsAbout(
      record,
      'HealthCheckMissed',
      `Pod ${record.name} runs without the health check that ${record.verdict.whoAsks} for ` +
        `(it lacks ${record.verdict.notes.join(', ')}): it was created while health-injector could not be asked, ` +
        `or before anybody asked. Restart the workload to have it injected.`,
    ),
  );

/** What to say of the Pods whose annotations are wrong. */
export const newsOfMistaken = (mistaken: readonly PodRecord[]): News[] =>
  firstOfOwners(mistaken).map((record) => newsAbout(record, 'InvalidHealthAnnotation', record.verdict.notes.join(' ')));

/** Makes news for the owner of a Pod; a bare Pod has nobody else to be told. */
export const newsAbout = (record: PodRecord, reason: News['reason'], note: string): News => ({
  namespace: record.namespace,
  owner: record.owner ?? { apiVersion: 'v1', kind: 'Pod', name: record.name, uid: record.uid },
  reason,
  note,
});

/** The oldest Pod of each owner, so that the same is said as long as it runs. */
function firstOfOwners(records: readonly PodRecord[]): PodRecord[] {
  const first = new Map<string, PodRecord>();
  for (const record of records) {
    const key = record.owner?.uid ?? record.uid;
    const other = first.get(key);
    if (!other || record.createdMs < other.createdMs) first.set(key, record);
  }
  return [...first.values()];
}
