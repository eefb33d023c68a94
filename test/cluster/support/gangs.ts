import assert from 'node:assert/strict';
import { documented, runnable } from './documented.ts';
import { quarantines } from './hardware.ts';
import { eventually, get } from './kubectl.ts';
import { isReady, podsOf } from './pods.ts';

const page = 'docs/hardware.md';

/** What a test asks of a JobSet beside what the page says. */
type JobSetWish = {
  readonly action?: 'FailJob' | 'Ignore';
  /** How many workers each of its two Jobs has. */
  readonly workers?: number;
  readonly maxRestarts?: number;
  /** More of the spec of its Pods. */
  readonly pod?: object;
};

/** The JobSet of the page: eight workers, over as many nodes as there are. */
export function jobSet(name: string, { action, workers, maxRestarts, pod }: JobSetWish = {}): any {
  const object = documented(page, 'JobSet');
  const [replicated] = object.spec.replicatedJobs;
  const job = replicated.template.spec;
  job.template = runnable(job.template, name);
  Object.assign(job.template.spec, pod);
  if (action) job.podFailurePolicy.rules[0].action = action;
  if (workers) Object.assign(job, { parallelism: workers, completions: workers });
  if (maxRestarts) object.spec.failurePolicy.maxRestarts = maxRestarts;
  return { ...object, metadata: { ...object.metadata, name } };
}

/** How many Pods a JobSet or a LeaderWorkerSet of the page has. */
export const workersOf = (object: any): number =>
  object.kind === 'JobSet'
    ? object.spec.replicatedJobs[0].replicas * object.spec.replicatedJobs[0].template.spec.parallelism
    : object.spec.replicas * object.spec.leaderWorkerTemplate.size;

/** The LeaderWorkerSet of the page, with so many of its groups. */
export function leaderWorkerSet(name: string, replicas?: number): any {
  const object = documented(page, 'LeaderWorkerSet');
  const template = object.spec.leaderWorkerTemplate;
  template.workerTemplate = runnable(template.workerTemplate, name);
  if (replicas) object.spec.replicas = replicas;
  return { ...object, metadata: { ...object.metadata, name } };
}

/** The Pods of a gang or several, once this many are ready on these nodes and no other one is left of them. */
export const ready = (
  namespace: string,
  app: string,
  { count, nodes }: { readonly count: number; readonly nodes: readonly string[] },
): Promise<any[]> =>
  eventually(`the ${count} Pods of ${app} are ready on ${nodes.join(', ')}`, 120, async () => {
    const pods = (await podsOf(namespace, app)).filter(({ status }) => status.phase !== 'Failed');
    const places = new Set(pods.map(({ spec }) => spec.nodeName));
    const isAll = pods.length === count && pods.every(isReady);
    return isAll && places.size === nodes.length && nodes.every((node) => places.has(node)) && pods;
  });

export const restartsOf = async (namespace: string, name: string): Promise<number> =>
  (await get(['jobset', name, '-n', namespace])).status?.restarts ?? 0;

/** Holds that one node is quarantined, for these owners by kind and name, and that each was charged with one move. */
export async function assertChargedOnce(
  node: string,
  ...owners: readonly (readonly [string, string])[]
): Promise<void> {
  const found = await quarantines();
  assert.deepEqual(
    found.map(({ spec }) => spec.nodeName),
    [node],
  );
  const charged = found[0].spec.owners.map(({ owner, moves }: any) => [owner.kind, owner.name, moves.length]);
  assert.deepEqual(charged.toSorted(), owners.map(([kind, name]) => [kind, name, 1]).toSorted());
}
