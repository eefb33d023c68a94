// https://kubernetes.io/docs/reference/using-api/api-concepts/
import type { KubernetesObject, V1Job, V1ObjectMeta, V1Pod, V1ResourceQuota } from '@kubernetes/client-node';
import type { LimitRange } from '../../inject/fit/rules.ts';
import type { Pod } from '../../inject/pod/pod.ts';
import { groupOf, templatePath } from '../../inject/workload.ts';
import { ApiError } from '../../kube/api-error.ts';
import { controllerOf } from '../../kube/owners.ts';
import { defaultReflectorOptions, listPages } from '../../kube/reflector.ts';
import type { HealthPolicyWithStatus } from '../../controllers/coverage/policy-status.ts';
import { policiesPath } from '../../policy/policy.ts';
import { createStore } from '../../policy/store.ts';
import { type OwnerKey, ownerKeyOf, ownerText } from '../../quarantine/quarantine.ts';
import type { ReportFacts, WorkloadFact } from '../../report/facts.ts';
import { UserError, exitCode } from '../command.ts';
import { type Evaluable, type EvaluationContext, evaluate } from '../evaluate.ts';
import { policyFact } from '../facts/policy-fact.ts';
import { noPods, workloadFact } from '../facts/workload-fact.ts';
import { type Cluster, type Target, openCluster } from './cluster.ts';
import { type PodGroup, createPodGroups } from './pod-groups.ts';
import { countUnproven } from './unproven.ts';

/** Which namespaces are looked at, and how closely. */
type GatherOptions = {
  readonly target: Target;
  /** All namespaces, rather than that of the target or of the context. */
  readonly isAll: boolean;
  readonly context: EvaluationContext;
  /** Whether policies come from the files of the context, rather than from the cluster. */
  readonly hasPolicies: boolean;
};

/** What the live workloads are, and what becomes of them. */
type Gathered = {
  readonly facts: Pick<
    ReportFacts,
    'takenAt' | 'subject' | 'isLive' | 'kubernetes' | 'namespaces' | 'workloads' | 'policies' | 'unseen'
  >;
  readonly cluster: Cluster;
};

/** The kinds that have Pods, by their collection. */
const kinds = [
  ['apps/v1', 'Deployment', 'deployments'],
  ['apps/v1', 'StatefulSet', 'statefulsets'],
  ['apps/v1', 'DaemonSet', 'daemonsets'],
  ['apps/v1', 'ReplicaSet', 'replicasets'],
  ['batch/v1', 'CronJob', 'cronjobs'],
  ['batch/v1', 'Job', 'jobs'],
] as const;

/** Reads every page of a list, an object at a time. */
type Every = <T>(path: string, take: (object: T) => void, metadataOnly?: boolean) => Promise<void>;

/** Reads the workloads of a cluster, or of a namespace, and asks the core about each; what may not be seen is said. */
export async function gatherCluster({ target, isAll, context, hasPolicies }: GatherOptions): Promise<Gathered> {
  const cluster = await openCluster(target);
  const { client, namespace } = cluster;
  const within = isAll ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const unseen: string[] = [];
  const signal = new AbortController().signal;
  const every: Every = async <T>(path: string, take: (object: T) => void, metadataOnly = false) => {
    try {
      for await (const { items } of listPages<T>({ client, path, metadataOnly }, defaultReflectorOptions, signal)) {
        items.forEach(take);
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw unreadable(`The cluster does not answer: ${(error as Error).message}.`);
      unseen.push(`The cluster does not show ${path}: ${error.summary}.`);
    }
  };

  const store = createStore(context.prefix);
  const policies: HealthPolicyWithStatus[] = [];
  const namespaces: V1ObjectMeta[] = [];
  const version = await client
    .get<{ gitVersion?: string; minor?: string }>('/version', { signal })
    .catch((error: Error) => {
      throw unreadable(`The cluster does not answer: ${error.message}.`);
    });
  store.setApiserverVersion(version);
  await every<HealthPolicyWithStatus>(policiesPath, (policy) => void policies.push(policy));
  if (isAll) {
    const take = ({ metadata }: { metadata: V1ObjectMeta }): void => void namespaces.push(metadata);
    await every<{ metadata: V1ObjectMeta }>('/api/v1/namespaces', take, true);
  } else {
    const found = await cluster
      .get(`/api/v1/namespaces/${encodeURIComponent(namespace)}`, `Namespace ${namespace}`)
      .catch((error: UserError) => void unseen.push(...error.sentences));
    namespaces.push((found as { metadata?: V1ObjectMeta } | undefined)?.metadata ?? { name: namespace });
  }
  policies.forEach(store.policies.upsert);
  namespaces.forEach((metadata) => store.namespaces.upsert({ metadata }));
  await every<LimitRange>(`/api/v1${within}/limitranges`, store.limitRanges.upsert);
  await every<V1ResourceQuota>(`/api/v1${within}/resourcequotas`, store.resourceQuotas.upsert);
  const nowMs = Date.now();
  const live = hasPolicies
    ? context
    : { ...context, scopeFor: (name: string) => store.scopeFor(name, nowMs), namespace: '' };

  const workloads = await readWorkloads(every, within);
  const groups = createPodGroups(live, (pod) => workloads.ownerOf(pod.metadata));
  await every<V1Pod>(`/api/v1${within}/pods`, groups.take);
  const unproven = await countUnproven(groups.guessing(), cluster.strangers);
  unseen.push(...unproven.unanswered);
  return {
    cluster,
    facts: {
      takenAt: new Date(nowMs).toISOString(),
      subject: isAll ? 'all namespaces' : `namespace ${namespace}`,
      isLive: true,
      kubernetes: version.gitVersion,
      namespaces: namespaces.map(({ name = '' }) => ({ name, inject: live.scopeFor(name).namespace?.inject })),
      workloads: factsOf(workloads.objects, groups.all(), live, unproven.byOwner),
      policies: policies.map((policy) => policyFact(policy, context)),
      unseen,
    },
  };
}

const unreadable = (text: string): UserError => new UserError(exitCode.unreadable, [text]);

/** Workloads that no other workload controls, and the controllers of those that one does. */
async function readWorkloads(every: Every, within: string) {
  const objects = new Map<string, Evaluable>();
  const controllers = new Map<string, OwnerKey>();
  for (const [api, kind, collection] of kinds) {
    const path = templatePath(groupOf(api), kind);
    await every<KubernetesObject>(`/apis/${api}${within}/${collection}`, (object) => {
      const { namespace = '', name = '' } = object.metadata ?? {};
      const key = { namespace, kind, name };
      const controller = controllerOf(object.metadata);
      if (controller) controllers.set(ownerText(key), { namespace, kind: controller.kind, name: controller.name });
      else if (path && !isFinished(object))
        objects.set(ownerText(key), { ...key, value: { ...object }, templatePath: path });
    });
  }
  /** The workload that people know a Pod by. */
  const ownerOf = (metadata: V1ObjectMeta | undefined): OwnerKey | undefined => {
    const namespace = metadata?.namespace ?? '';
    const direct = controllerOf(metadata);
    const key = direct && { namespace, kind: direct.kind, name: direct.name };
    return (
      key && (controllers.get(ownerText(key)) ?? (objects.has(ownerText(key)) ? key : ownerKeyOf(namespace, metadata)))
    );
  };
  return { objects, ownerOf };
}

/** A Job that has ended makes no Pod any more. */
const isFinished = (object: KubernetesObject): boolean =>
  ((object as V1Job).status?.conditions ?? []).some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );

/** A fact for each workload, and for each owner of Pods that is no workload which the cluster shows. */
function factsOf(
  objects: ReadonlyMap<string, Evaluable>,
  groups: ReadonlyMap<string, PodGroup>,
  context: EvaluationContext,
  unprovenByOwner: ReadonlyMap<string, number | undefined> | undefined,
): WorkloadFact[] {
  const subjects = [
    ...[...objects].map(([key, subject]) => ({ key, subject, group: groups.get(key) })),
    ...[...groups]
      .filter(([key]) => !objects.has(key))
      .map(([key, group]) => ({ key, subject: podSubject(group), group })),
  ];
  return subjects.flatMap(({ key, subject, group }) => {
    const evaluation = evaluate(subject, context);
    if (!evaluation) return [];
    const unproven = unprovenByOwner?.has(key) ? unprovenByOwner.get(key) : unprovenByOwner && 0;
    const pods = { ...noPods, ...group?.count, unproven: group ? unproven : undefined };
    return [workloadFact(subject, evaluation, context, { newest: group?.newest as Pod | undefined, pods })];
  });
}

/** The Pod itself, under the name of its owner. */
const podSubject = ({ newest, owner }: PodGroup): Evaluable => ({
  namespace: newest.metadata?.namespace ?? '',
  kind: owner?.kind ?? 'Pod',
  name: owner?.name ?? newest.metadata?.name ?? '',
  value: { ...newest },
  templatePath: [],
});
