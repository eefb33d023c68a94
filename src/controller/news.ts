import type { Owner, PodRecord } from './census.ts';

/** What an owner should be told by an Event. */
export type News = {
  readonly namespace: string;
  readonly owner: Owner;
  readonly reason:
    | 'HealthCheckMissed'
    | 'InvalidHealthAnnotation'
    | 'HealthCheckRepairGivenUp'
    | 'HealthCheckRepairRefused';
  readonly note: string;
};

/** What to say of the Pods that lack what somebody asks for: once for each owner, however many Pods it has. */
export const newsOfMissed = (missed: readonly PodRecord[]): News[] =>
  byOwner(missed).map(([record, count]) =>
    newsAbout(
      record,
      'HealthCheckMissed',
      `${count === 1 ? 'A Pod runs' : `${count} Pods run`} without the health check that ${record.verdict.whoAsks} for ` +
        `(${record.name} lacks ${record.verdict.notes.join(', ')}): created while health-injector could not be asked, ` +
        `or before anybody asked. Restart the workload to have it injected.`,
    ),
  );

/** What to say of the Pods whose annotations are wrong. */
export const newsOfMistaken = (mistaken: readonly PodRecord[]): News[] =>
  byOwner(mistaken).map(([record]) => newsAbout(record, 'InvalidHealthAnnotation', record.verdict.notes.join(' ')));

/** Makes news for the owner of a Pod; a bare Pod has nobody else to be told. */
export const newsAbout = (record: PodRecord, reason: News['reason'], note: string): News => ({
  namespace: record.namespace,
  owner: record.owner ?? { apiVersion: 'v1', kind: 'Pod', name: record.name, uid: record.uid },
  reason,
  note,
});

/** The first Pod of each owner, and how many it has. */
function byOwner(records: readonly PodRecord[]): (readonly [PodRecord, number])[] {
  const groups = new Map<string, readonly [PodRecord, number]>();
  for (const record of records) {
    const key = record.owner?.uid ?? record.uid;
    const [first, count] = groups.get(key) ?? [record, 0];
    groups.set(key, [first, count + 1]);
  }
  return [...groups.values()];
}
