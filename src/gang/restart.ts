// https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
// https://jobset.sigs.k8s.io/docs/concepts/#failure-policy
// https://lws.sigs.k8s.io/docs/concepts/

/**
 * What becomes of a gang when one of its Pods is evicted. `whole`: all of it starts anew. `half`: that Pod alone is
 * created anew, and the others wait for the one that they have lost. `ends`: the gang fails for good. `why` is a clause,
 * and `mend` the YAML that makes it start anew, on one line, behind where it goes.
 */
export type GangRestart =
  | { readonly kind: 'whole' }
  | { readonly kind: 'half' | 'ends'; readonly why: string; readonly mend: string };

type Fields = Readonly<Record<string, unknown>>;

/** A manifest may hold anything at any place. */
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const numberOf = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

const whole: GangRestart = { kind: 'whole' };

const failJob =
  'podFailurePolicy: {rules: [{action: FailJob, onPodConditions: [{type: DisruptionTarget, status: "True"}]}]}';

/** `podFailurePolicy` asks for it. */
const never = 'with restartPolicy: Never in its Pod template';

const half = (why: string): GangRestart => ({
  kind: 'half',
  why,
  mend: `In the spec of each Job template of the JobSet, ${never}: ${failJob}`,
});

const alone: GangRestart = {
  kind: 'half',
  why: 'a rule of failurePolicy of the JobSet starts that Job alone anew',
  mend: 'In that rule: action: RestartJobSet',
};

const ends = (why: string): GangRestart => ({
  kind: 'ends',
  why,
  mend: 'In the spec of the JobSet: failurePolicy: {maxRestarts: 10}',
});

/** What an application that ends by a signal of the kubelet exits with: SIGTERM, and SIGKILL after the grace period. */
const codesOfSignals = [143, 137];

/** Whether a rule holds for a Pod that is evicted; `maybe` where the code that its containers exit with decides. */
function matchesEviction(rule: Fields): 'yes' | 'maybe' | 'no' {
  const isEviction = listOf(rule['onPodConditions'])
    .map(fieldsOf)
    .some(({ type, status = 'True' }) => type === 'DisruptionTarget' && status === 'True');
  if (isEviction) return 'yes';
  const { operator, values } = fieldsOf(rule['onExitCodes']);
  const isNamed = codesOfSignals.map((code) => listOf(values).includes(code));
  if (operator === 'In' && isNamed.includes(true)) return 'maybe';
  return operator === 'NotIn' && isNamed.includes(false) ? 'maybe' : 'no';
}

/** What a Job does with an evicted Pod: it fails, for this reason, or the clause says why it creates that Pod alone anew. */
type JobFailure = { readonly reason: 'PodFailurePolicy' | 'BackoffLimitExceeded' } | { readonly why: string };

/** `failed`: how many of its Pods have failed already. */
function failureOfJob(job: Fields, failed: number): JobFailure {
  const { backoffLimitPerIndex, podFailurePolicy } = job;
  for (const rule of listOf(fieldsOf(podFailurePolicy)['rules']).map(fieldsOf)) {
    const match = matchesEviction(rule);
    if (match === 'no') continue;
    const { action } = rule;
    if (action === 'FailJob' && match === 'yes') return { reason: 'PodFailurePolicy' };
    if (action === 'FailJob') continue;
    if (action === 'Count') break;
    const about = match === 'yes' ? 'DisruptionTarget' : 'exit codes';
    return { why: `podFailurePolicy of its Job has the action ${actionText(action)} on ${about}` };
  }
  if (typeof backoffLimitPerIndex === 'number') return { why: 'its Job has backoffLimitPerIndex' };
  const backoffLimit = numberOf(job['backoffLimit'], 6);
  if (failed >= backoffLimit) return { reason: 'BackoffLimitExceeded' };
  return { why: `backoffLimit of its Job is ${backoffLimit}, of which an evicted Pod takes one` };
}

const actionText = (action: unknown): string =>
  action === 'Ignore' || action === 'FailIndex' ? action : 'of another name';

/** A Job of a JobSet. */
export type JobOfJobSet = {
  readonly spec: unknown;
  readonly replicatedJob: string;
  /** How many of its Pods have failed. */
  readonly failed: number;
  /** How many Jobs the JobSet has. */
  readonly jobs: number;
};

/** What a JobSet does when a Pod of this Job is evicted; `jobSet` is undefined where it cannot be read. */
export function restartOfJobSet(job: JobOfJobSet, jobSet: unknown): GangRestart {
  const failure = failureOfJob(fieldsOf(job.spec), job.failed);
  const isOnly = job.jobs <= 1;
  if ('why' in failure)
    return isOnly && numberOf(fieldsOf(job.spec)['parallelism'], 1) <= 1 ? whole : half(failure.why);
  if (jobSet === undefined) return whole;
  const { spec, status } = fieldsOf(jobSet);
  const { failurePolicy } = fieldsOf(spec);
  if (failurePolicy === undefined || failurePolicy === null) return ends('the JobSet has no failurePolicy');
  const { rules, maxRestarts } = fieldsOf(failurePolicy);
  const rule = listOf(rules)
    .map(fieldsOf)
    .find((each) => appliesTo(each, job.replicatedJob, failure.reason));
  const action = rule?.['action'] ?? 'RestartJobSet';
  if (action === 'FailJobSet') return ends('a rule of failurePolicy of the JobSet has the action FailJobSet');
  if (action === 'RestartJobSetAndIgnoreMaxRestarts') return whole;
  if (action !== 'RestartJobSet') return isOnly ? whole : alone;
  const most = numberOf(maxRestarts, 0);
  const restarts = numberOf(fieldsOf(status)['restartsCountTowardsMax'], 0);
  return restarts < most ? whole : ends(`the JobSet has had ${restarts} of its ${most} restarts (maxRestarts)`);
}

/** A rule whose patterns are about the message of the failure is taken to apply: a stranger's patterns are not run. */
function appliesTo({ onJobFailureReasons, targetReplicatedJobs }: Fields, replicatedJob: string, reason: string) {
  return isListed(onJobFailureReasons, reason) && isListed(targetReplicatedJobs, replicatedJob);
}

/** A list without an entry is about everything. */
const isListed = (list: unknown, word: string): boolean => listOf(list).length === 0 || listOf(list).includes(word);

/**
 * What the Pods of a PodGroup of Kubernetes bear, whose owners create each of them alone anew; undefined where its
 * `disruptionMode` lets one of them go by itself. It is a word in v1alpha2, and an object in v1beta1.
 * https://github.com/kubernetes/enhancements/tree/master/keps/sig-scheduling/4671-gang-scheduling
 */
export function restartOfPodGroup(podGroup: unknown): GangRestart | undefined {
  const { disruptionMode } = fieldsOf(fieldsOf(podGroup)['spec']);
  const isWord = disruptionMode === 'PodGroup';
  const isObject = typeof disruptionMode === 'object' && fieldsOf(disruptionMode)['all'] !== undefined;
  if (!isWord && !isObject) return undefined;
  return {
    kind: 'half',
    why: 'disruptionMode of the PodGroup lets its Pods go only together',
    mend: `If its Pods bear the loss of one, in the spec of the PodGroup: disruptionMode: ${isWord ? 'Pod' : '{single: {}}'}`,
  };
}

/** What a group of a LeaderWorkerSet does when one of its Pods is evicted. */
export function restartOfLeaderWorkerSet(leaderWorkerSet: unknown): GangRestart {
  const { leaderWorkerTemplate } = fieldsOf(fieldsOf(leaderWorkerSet)['spec']);
  const { restartPolicy = 'RecreateGroupOnPodRestart', size } = fieldsOf(leaderWorkerTemplate);
  if (numberOf(size, 1) <= 1 || (restartPolicy !== 'None' && restartPolicy !== 'Default')) return whole;
  return {
    kind: 'half',
    why: `restartPolicy of the LeaderWorkerSet is ${restartPolicy}`,
    mend: 'In spec.leaderWorkerTemplate of the LeaderWorkerSet: restartPolicy: RecreateGroupOnPodRestart',
  };
}
