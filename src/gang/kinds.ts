// https://github.com/kubernetes-sigs/jobset/blob/main/api/jobset/v1alpha2/jobset_types.go
// https://github.com/kubernetes-sigs/lws/blob/main/api/leaderworkerset/v1/leaderworkerset_types.go
// https://github.com/kubernetes/enhancements/tree/master/keps/sig-scheduling/4671-gang-scheduling
import type { V1ObjectMeta, V1PodSpec } from '@kubernetes/client-node';

/** What of a Pod says which gang it is of. A Pod under admission has it too. */
export type GangPod = { readonly metadata?: V1ObjectMeta; readonly spec?: V1PodSpec };

/** The group and kind of the controller of a Pod; both empty for a bare Pod. */
type OwnerType = { readonly group: string; readonly kind: string };

/**
 * How Pods show that they are of a gang. Whoever writes a Pod writes its labels too, so a row holds only for Pods whose
 * controller is of the kind that the gang's own controller creates.
 */
export type GangKind = {
  /** The kind as people know it, and as it stands in a quarantine. No two rows and no workload of Kubernetes share one. */
  readonly kind: string;
  /** The labels, annotations or fields of the Pod that are read. */
  readonly keys: readonly string[];
  readonly isOwner: (owner: OwnerType) => boolean;
  /** The name that outlives the children of the gang; empty where the Pod shows none. */
  readonly nameOf: (pod: GangPod) => string;
  /**
   * What the gang does when one of its Pods is evicted. `setting`: it starts anew as a whole, or creates that Pod alone,
   * as its manifest says. `member`: the Pod alone is created anew.
   */
  readonly onEviction: 'setting' | 'member';
  /** Where that is configured, for people. */
  readonly configuredBy: string;
};

/** The apiserver has not looked at a Pod under admission: a value may be no text. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const label = (pod: GangPod, key: string): string => textOf(pod.metadata?.labels?.[key]);
const annotation = (pod: GangPod, key: string): string => textOf(pod.metadata?.annotations?.[key]);

const isJob = ({ group, kind }: OwnerType): boolean => group === 'batch' && kind === 'Job';

export const jobSetKey = 'jobset.sigs.k8s.io/jobset-name';
const lwsName = 'leaderworkerset.sigs.k8s.io/name';
const lwsGroup = 'leaderworkerset.sigs.k8s.io/group-index';
const lwsWorker = 'leaderworkerset.sigs.k8s.io/worker-index';
const ordinal = 'apps.kubernetes.io/pod-index';
const trainingJob = 'training.kubeflow.org/job-name';
const trainingOperator = 'training.kubeflow.org/operator-name';
const rayCluster = 'ray.io/cluster';
const volcanoJob = 'volcano.sh/job-name';
const volcanoGroups = ['scheduling.k8s.io/group-name', 'scheduling.volcano.sh/group-name'];
const kueueGroup = 'kueue.x-k8s.io/pod-group-name';

/** The groups of a LeaderWorkerSet stand and fall each by itself. */
function lwsGroupOf(pod: GangPod): string {
  const name = label(pod, lwsName);
  // Another webhook gives a leader its index, maybe after ours; its StatefulSet has numbered it the same.
  const index = label(pod, lwsGroup) || (label(pod, lwsWorker) === '0' ? label(pod, ordinal) : '');
  return name !== '' && index !== '' ? `${name}-${index}` : '';
}

/** Volcano makes a group for each workload that has none, after its Pods were created: that is no gang. */
const isMadeByVolcano = (name: string): boolean => name.startsWith('podgroup-');

const volcanoGroupOf = (pod: GangPod): string =>
  volcanoGroups.map((key) => annotation(pod, key)).find((name) => name !== '' && !isMadeByVolcano(name)) ?? '';

/** https://github.com/kubeflow/training-operator: their Pods have the name of the job. Trainer v2 creates a JobSet. */
const trainingKinds = ['PyTorchJob', 'TFJob', 'XGBoostJob', 'PaddleJob', 'JAXJob'].map((kind): GangKind => ({
  kind,
  keys: [trainingJob],
  isOwner: (owner) => owner.group === 'kubeflow.org' && owner.kind === kind,
  nameOf: (pod) => label(pod, trainingJob),
  onEviction: 'member',
  configuredBy: '`restartPolicy` of each replica',
}));

/** The first row that holds decides: workloads come before the groups that only schedulers know. */
export const gangKinds: readonly GangKind[] = [
  {
    kind: 'JobSet',
    keys: [jobSetKey],
    isOwner: isJob,
    nameOf: (pod) => label(pod, jobSetKey),
    onEviction: 'setting',
    configuredBy: '`podFailurePolicy` and `backoffLimit` of its Jobs, and its `failurePolicy`',
  },
  {
    kind: 'LeaderWorkerSet',
    keys: [lwsName, lwsGroup],
    isOwner: ({ group, kind }) => group === 'apps' && kind === 'StatefulSet',
    nameOf: lwsGroupOf,
    onEviction: 'setting',
    configuredBy: '`leaderWorkerTemplate.restartPolicy`',
  },
  {
    kind: 'MPIJob',
    keys: [trainingJob, trainingOperator],
    // The launcher is a Pod of a Job, and the workers are Pods of the MPIJob.
    isOwner: (owner) => owner.kind === 'MPIJob' || isJob(owner),
    nameOf: (pod) => (label(pod, trainingOperator) === 'mpi-operator' ? label(pod, trainingJob) : ''),
    onEviction: 'member',
    configuredBy: '`restartPolicy` of the launcher, which starts all again',
  },
  ...trainingKinds,
  {
    kind: 'RayCluster',
    keys: [rayCluster],
    isOwner: ({ group }) => group === 'ray.io',
    nameOf: (pod) => label(pod, rayCluster),
    onEviction: 'member',
    configuredBy: 'nothing: Ray runs the tasks of a lost worker again; without the head Pod all of them end',
  },
  {
    kind: 'VolcanoJob',
    keys: [volcanoJob],
    isOwner: ({ group }) => group === 'batch.volcano.sh',
    nameOf: (pod) => label(pod, volcanoJob) || annotation(pod, volcanoJob),
    onEviction: 'member',
    configuredBy: '`policies` with the event `PodEvicted`: `RestartJob` starts all again',
  },
  {
    kind: 'PodGroup',
    keys: ['spec.schedulingGroup.podGroupName'],
    // The name of the group that a Job makes for itself ends with the Job, whose own name its Pods have too.
    isOwner: (owner) => owner.kind !== '' && !isJob(owner),
    nameOf: ({ spec }) =>
      textOf(
        (spec as { readonly schedulingGroup?: { readonly podGroupName?: unknown } } | undefined)?.schedulingGroup
          ?.podGroupName,
      ),
    onEviction: 'setting',
    configuredBy: '`disruptionMode`, and the owner of its Pods',
  },
  {
    kind: 'KueuePodGroup',
    keys: [kueueGroup],
    isOwner: ({ kind }) => kind !== '',
    nameOf: (pod) => label(pod, kueueGroup),
    onEviction: 'member',
    configuredBy: 'the owner of its Pods',
  },
  {
    kind: 'VolcanoPodGroup',
    keys: volcanoGroups,
    isOwner: ({ kind }) => kind !== '',
    nameOf: volcanoGroupOf,
    onEviction: 'member',
    configuredBy: 'the owner of its Pods',
  },
];
