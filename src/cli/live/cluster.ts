// https://kubernetes.io/docs/reference/using-api/api-concepts/
import type { KubernetesObject, V1Deployment, V1LabelSelector } from '@kubernetes/client-node';
import { ApiError, isNotFound } from '../../kube/api-error.ts';
import { type Client, createClient } from '../../kube/client.ts';
import { fromKubeconfig } from '../../kube/config.ts';
import { version } from '../../config/options.ts';
import { UserError, exitCode } from '../command.ts';
import type { LiveKind, Reference } from './reference.ts';

/** Which cluster, as kubectl is told. */
export type Target = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
};

/** What is asked of a cluster; where there is no answer, a `UserError` says why. */
export type Cluster = {
  readonly client: Client;
  /** The same with little room for an answer, for what a Pod answers. */
  readonly strangers: Client;
  readonly namespace: string;
  readonly read: (reference: Reference) => Promise<object>;
  /** The newest Pod that a workload made, by the chain of owners; undefined where it has none. */
  readonly newestPod: (reference: Reference, workload: object) => Promise<object | undefined>;
  /** What is at a path of the API; undefined where nothing is. */
  readonly get: (path: string, what: string) => Promise<object | undefined>;
};

/** Where the objects of a kind are, within a namespace. */
const collections: Readonly<Record<LiveKind, readonly [api: string, collection: string]>> = {
  Pod: ['/api/v1', 'pods'],
  Deployment: ['/apis/apps/v1', 'deployments'],
  StatefulSet: ['/apis/apps/v1', 'statefulsets'],
  DaemonSet: ['/apis/apps/v1', 'daemonsets'],
  ReplicaSet: ['/apis/apps/v1', 'replicasets'],
  Job: ['/apis/batch/v1', 'jobs'],
  CronJob: ['/apis/batch/v1', 'cronjobs'],
};

const timeoutMs = 30_000;
const maxResponseBytes = 256 * 1024 * 1024;
const strangersBytes = 1024 * 1024;

/** Gets ready to ask a cluster; nothing is asked yet. */
export async function openCluster(target: Target): Promise<Cluster> {
  const { kubeconfig: file, context } = target;
  const config = await fromKubeconfig({ userAgent: `health-injector/${version}`, file, context });
  if (config.problem !== undefined) throw unreadable(config.problem);
  const namespace = target.namespace ?? config.namespace;
  const client = createClient(config.transport, { maxResponseBytes });

  const get = async (path: string, what: string): Promise<object | undefined> => {
    try {
      return await client.get<object>(path, { signal: new AbortController().signal, timeoutMs });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (error instanceof ApiError) throw unreadable(`The cluster does not show ${what}: ${error.summary}.`);
      throw unreadable(`The cluster does not answer: ${(error as Error).message}.`);
    }
  };
  const pathOf = (kind: LiveKind): string => collections[kind].join(`/namespaces/${encodeURIComponent(namespace)}/`);
  const list = async (kind: LiveKind, selector: string): Promise<KubernetesObject[]> => {
    const query = selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
    const found = await get(pathOf(kind) + query, `${kind}s in ${namespace}`);
    return (found as { items?: KubernetesObject[] } | undefined)?.items ?? [];
  };
  return {
    client,
    strangers: createClient(config.transport, { maxResponseBytes: strangersBytes }),
    namespace,
    get,
    async read({ kind, name }) {
      const what = `${kind} ${namespace}/${name}`;
      const found = await get(`${pathOf(kind)}/${encodeURIComponent(name)}`, what);
      if (!found) throw unreadable(`There is no ${what}.`);
      return found;
    },
    async newestPod({ kind }, workload) {
      let owners = [workload as KubernetesObject];
      let { selector } = (workload as V1Deployment).spec ?? {};
      if (kind === 'CronJob') {
        const job = newestOf(ownedBy(owners, await list('Job', '')));
        if (!job) return undefined;
        owners = [job];
        selector = (job as V1Deployment).spec?.selector;
      }
      const labels = selectorText(selector);
      if (kind === 'Deployment') {
        owners = ownedBy(owners, await list('ReplicaSet', labels));
      }
      return newestOf(ownedBy(owners, await list('Pod', labels)));
    },
  };
}

const unreadable = (sentence: string): UserError => new UserError(exitCode.unreadable, [sentence]);

/** Those of the objects that one of the owners controls. */
function ownedBy<T extends KubernetesObject>(owners: readonly KubernetesObject[], objects: readonly T[]): T[] {
  const uids = new Set(owners.map(({ metadata }) => metadata?.uid));
  return objects.filter(({ metadata }) =>
    metadata?.ownerReferences?.some(({ controller, uid }) => controller === true && uids.has(uid)),
  );
}

/** The object that was made last. */
const newestOf = <T extends KubernetesObject>(objects: readonly T[]): T | undefined =>
  objects.toSorted((a, b) => madeAt(b) - madeAt(a))[0];

const madeAt = ({ metadata }: KubernetesObject): number => new Date(metadata?.creationTimestamp ?? 0).getTime();

/** Writes a selector as the query of a list takes it; empty for none, which selects all. */
function selectorText(selector: V1LabelSelector | undefined): string {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      switch (operator) {
        case 'Exists':
          return key;
        case 'DoesNotExist':
          return `!${key}`;
        default:
          return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
      }
    }),
  ].join(',');
}
