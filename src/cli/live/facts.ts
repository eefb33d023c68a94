// https://kubernetes.io/docs/reference/using-api/api-concepts/
import type {
  KubernetesObject,
  V1CustomResourceDefinition,
  V1Deployment,
  V1MutatingWebhookConfiguration,
  V1Node,
  V1Pod,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import { summarizePod } from '../../controllers/coverage/pod-index.ts';
import type { HealthPolicyWithStatus } from '../../controllers/coverage/policy-status.ts';
import type {
  ClusterFacts,
  ClusterReads,
  FactRead,
  Installation,
  NamespaceFact,
  NodeFact,
} from '../../diagnostics/facts.ts';
import { podFactOf } from '../../diagnostics/pod-fact.ts';
import type { LimitRange } from '../../inject/fit/rules.ts';
import { ApiError, ignoreNotFound } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import type { PortForwarder } from '../../kube/port-forward.ts';
import { apiGroup, policiesPath } from '../../policy/policy.ts';
import { createStore } from '../../policy/store.ts';
import { parseCheck } from '../../check/parse.ts';
import { readCommonFacts } from './common-facts.ts';
import { dryRuns } from './dry-runs.ts';
import { findInstallation, readInstallation } from './installation.ts';
import { createFactReader, mostObjects } from './reading.ts';
import { replicaFacts, servedFacts } from './replicas.ts';
import { accountRights, callerRights } from './rights.ts';
import { webhookServices } from './webhook-services.ts';

/** Of Pods a cluster may have very many. */
const mostPods = 50_000;

const answerMs = 10_000;

const admission = '/apis/admissionregistration.k8s.io';

/** What is asked, and of which cluster. */
export type FactsRequest = {
  readonly client: Client;
  /** Opens connections to Pods; undefined where there is no way. */
  readonly forward: PortForwarder | undefined;
  readonly mode: Installation['mode'];
  /** Where the installation is; undefined: where it is found. */
  readonly namespace: string | undefined;
  readonly signal: AbortSignal;
};

/** Reads everything that diagnostics look at, in two rounds: who is installed, and then the rest at once. Rejects only where `signal` is aborted. */
export async function gatherFacts({ client, forward, mode, namespace, signal }: FactsRequest): Promise<ClusterFacts> {
  const reader = createFactReader(client, signal);
  const list = <T>(path: string, what: string): Promise<FactRead<readonly T[]>> =>
    reader.list<T, T>(path, { what, limit: mostObjects }, (object) => object);
  const apiserver = await readApiserver(client, signal);
  if ('value' in apiserver && apiserver.value.away !== undefined) {
    return { about: readInstallation(findInstallation([], namespace), [], mode).installation, reads: { apiserver } };
  }
  const mutatingWebhooks = await list<V1MutatingWebhookConfiguration>(
    `${admission}/v1/mutatingwebhookconfigurations`,
    'mutatingwebhookconfigurations',
  );
  const place = findInstallation(valueOf(mutatingWebhooks) ?? [], namespace);
  const own = `/namespaces/${encodeURIComponent(place.namespace)}`;
  const deployments = await list<V1Deployment>(`/apis/apps/v1${own}/deployments`, `deployments in ${place.namespace}`);
  const { installation, settings, annotatedOnly } = readInstallation(place, valueOf(deployments) ?? [], mode);
  const { prefix } = installation;

  const [validatingWebhooks, namespaces, nodes, kinds, policyList, ownPods, common] = await Promise.all([
    list<V1ValidatingWebhookConfiguration>(
      `${admission}/v1/validatingwebhookconfigurations`,
      'validatingwebhookconfigurations',
    ),
    reader.list('/api/v1/namespaces', { what: 'namespaces', limit: mostObjects, metadataOnly: true }, namespaceFact),
    reader.list('/api/v1/nodes', { what: 'nodes', limit: mostObjects }, nodeFact),
    list<V1CustomResourceDefinition>(
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      'customresourcedefinitions',
    ),
    list<HealthPolicyWithStatus>(policiesPath, `healthpolicies.${apiGroup}`),
    reader.list<V1Pod, V1Pod>(
      `/api/v1${own}/pods`,
      {
        what: `pods in ${place.namespace}`,
        limit: mostObjects,
        labelSelector: 'app.kubernetes.io/name=health-injector',
      },
      (pod) => pod,
    ),
    readCommonFacts(reader, client, installation, own),
  ]);
  const store = createStore(prefix);
  const fill = async (): Promise<void> => {
    store.setApiserverVersion(
      await ignoreNotFound(client.get<object>('/version', { signal })).then(
        (each) => each ?? {},
        () => ({}),
      ),
    );
    for (const policy of valueOf(policyList) ?? []) store.policies.upsert(policy);
    for (const { name, labels, annotations } of valueOf(namespaces) ?? []) {
      store.namespaces.upsert({ metadata: { name, labels: { ...labels }, annotations: { ...annotations } } });
    }
    // Without these some Pod counts as missed that has no room for the agent.
    await reader.list<LimitRange, never>(
      '/api/v1/limitranges',
      { what: 'limitranges', limit: mostObjects },
      (each) => void store.limitRanges.upsert(each),
    );
    await reader.list<KubernetesObject, never>(
      '/api/v1/resourcequotas',
      { what: 'resourcequotas', limit: mostObjects },
      (each) => void store.resourceQuotas.upsert(each as never),
    );
  };
  const coverage = { ...settings, parseCheck, version: installation.version, annotatedOnly };
  const pods = async () => {
    await fill();
    return reader.list<V1Pod, NonNullable<ReturnType<typeof podFactOf>>>(
      '/api/v1/pods',
      { what: 'pods', limit: mostPods },
      (pod) => {
        const summary = summarizePod(pod, coverage, (name) => store.scopeFor(name, installation.nowMs));
        return podFactOf(pod, summary?.verdict.state ?? '', prefix);
      },
    );
  };
  const isInstalled = mode === 'installed';
  const [services, replicas, served, runs, podFacts, rights] = await Promise.all([
    webhookServices(reader, client, {
      installation,
      configurations: [...(valueOf(mutatingWebhooks) ?? []), ...(valueOf(validatingWebhooks) ?? [])],
    }),
    isInstalled ? replicaFacts(reader, client, ownPods) : undefined,
    isInstalled ? servedFacts(ownPods, installation, forward, signal) : undefined,
    dryRuns(reader, client, {
      installation,
      entries: valueOf(mutatingWebhooks) ?? [],
      namespaces: valueOf(namespaces),
    }),
    isInstalled ? pods() : undefined,
    isInstalled
      ? accountRights(reader, client, installation, valueOf(deployments) ?? [])
      : callerRights(reader, client, installation),
  ]);
  return {
    about: installation,
    reads: {
      ...common,
      ...runs,
      ...rights,
      apiserver,
      mutatingWebhooks,
      validatingWebhooks,
      namespaces,
      nodes,
      kinds,
      ownPods: hasNone(ownPods) ? { unread: `no Pod of webhook or controller is in ${place.namespace}` } : ownPods,
      deployments: withValue(deployments, (all) => (isInstalled ? all.filter(isOurs) : all)),
      policies: withValue(policyList, (all) => all.map(policyFact)),
      webhookServices: services,
      ...(replicas && { replicas }),
      ...(served && { served }),
      ...(podFacts && { pods: podFacts }),
    },
  };
}

/** Where it does not answer, nothing else is asked. */
async function readApiserver(client: Client, signal: AbortSignal): Promise<FactRead<ClusterReads['apiserver']>> {
  try {
    return { value: await client.get<{ gitVersion: string }>('/version', { signal, timeoutMs: answerMs }) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError && error.status === 403) return { unread: 'no right to read the version' };
    const away = error instanceof ApiError ? error.summary : (error as Error).message;
    return { value: { gitVersion: '', away } };
  }
}

const valueOf = <T>(read: FactRead<T>): T | undefined => ('value' in read ? read.value : undefined);

const withValue = <T, U>(read: FactRead<T>, map: (value: T) => U): FactRead<U> =>
  'value' in read ? { ...read, value: map(read.value) } : read;

const hasNone = (read: FactRead<readonly unknown[]>): boolean => 'value' in read && read.value.length === 0;

const isOurs = ({ spec }: V1Deployment): boolean =>
  spec?.template.metadata?.labels?.['app.kubernetes.io/name'] === 'health-injector';

const namespaceFact = ({ metadata }: KubernetesObject): NamespaceFact => ({
  name: metadata?.name ?? '',
  labels: metadata?.labels ?? {},
  annotations: metadata?.annotations ?? {},
});

const nodeFact = ({ metadata, spec, status }: V1Node): NodeFact => ({
  name: metadata?.name ?? '',
  kubelet: status?.nodeInfo?.kubeletVersion ?? '',
  taints: (spec?.taints ?? []).map(({ key }) => key),
  devices: Object.entries(status?.allocatable ?? {}).flatMap(([name, amount]) =>
    name.includes('/') && !name.includes('kubernetes.io/') && amount !== '0' ? [name] : [],
  ),
});

function policyFact({ metadata, spec, status }: HealthPolicyWithStatus): ClusterReads['policies'][number] {
  const accepted = status?.conditions?.find(({ type }) => type === 'Accepted');
  return {
    name: metadata.name ?? '',
    mode: spec?.mode ?? 'Enforce',
    generation: metadata.generation ?? 0,
    observedGeneration: status?.observedGeneration,
    isAccepted: accepted && accepted.status === 'True',
    message: accepted?.message ?? '',
  };
}
