import { jobSetKey } from '../gang/kinds.ts';
import { type GangRestart, restartOfJobSet, restartOfLeaderWorkerSet } from '../gang/restart.ts';
import { type Fields, isFields } from '../manifest/fields.ts';
import type { EvaluatedObject } from './evaluate.ts';

/**
 * Says of a Pod template of a gang, whose Pods the controller would move off a sick node, that it moves none because the
 * rest of the gang would hang; nothing where it is no such template, or the gang starts anew as a whole.
 */
export function gangHints(evaluated: EvaluatedObject, prefix: string): readonly string[] {
  const { outcome } = evaluated;
  if (outcome.kind !== 'injected' || outcome.pod.metadata?.labels?.[`${prefix}hardware`] !== 'move') return [];
  const restart = restartIn(evaluated);
  if (!restart || restart.kind === 'whole') return [];
  const end = restart.kind === 'half' ? 'the others would wait for the Pod that is evicted' : 'the gang would fail';
  return [
    `No Pod of this gang is moved off a node whose hardware fails, since ${end}: ${restart.why}. ${restart.mend}`,
  ];
}

/** What the manifest says becomes of the gang when one of its Pods is evicted. */
function restartIn({ kind, part, object, file, pod }: EvaluatedObject): GangRestart | undefined {
  if (kind === 'Job' && part === undefined) {
    const isOfJobSet = pod.metadata?.labels?.[jobSetKey] !== undefined;
    const job = { spec: object.value['spec'], replicatedJob: '', failed: 0, jobs: Infinity };
    return isOfJobSet ? restartOfJobSet(job, undefined) : undefined;
  }
  const whole = file.manifest.objects.find(
    (each) => each.document === object.document && each.part === undefined && isAbove(each.path, object.path),
  );
  if (part === undefined || !whole) return undefined;
  if (kind === 'LeaderWorkerSet') return restartOfLeaderWorkerSet(whole.value);
  if (kind !== 'JobSet') return undefined;
  const jobs = replicatedJobsOf(whole.value);
  const [, index] = /^spec\.replicatedJobs\.(\d+)\.template\./.exec(part) ?? [];
  const own = jobs[Number(index ?? NaN)];
  if (!own) return undefined;
  const count = jobs.reduce((sum, { replicas }) => sum + (typeof replicas === 'number' ? replicas : 1), 0);
  const spec = isFields(own['template']) ? own['template']['spec'] : undefined;
  return restartOfJobSet({ spec, replicatedJob: String(own['name'] ?? ''), failed: 0, jobs: count }, whole.value);
}

const isAbove = (above: readonly unknown[], path: readonly unknown[]): boolean =>
  above.every((key, index) => path[index] === key);

function replicatedJobsOf({ spec }: Fields): readonly Fields[] {
  const jobs = isFields(spec) ? spec['replicatedJobs'] : undefined;
  return Array.isArray(jobs) ? jobs.map((job: unknown) => (isFields(job) ? job : {})) : [];
}
