// https://kubernetes.io/docs/reference/using-api/api-concepts/
import type { KubernetesObject, V1Deployment } from '@kubernetes/client-node';
import { ApiError, isNotFound } from '../../kube/api-error.ts';
import { type Client, createClient } from '../../kube/client.ts';
import { fromKubeconfig } from '../../kube/config.ts';
import { version } from '../../settings.ts';
import { newestOf, ownedBy, selectorText } from './owned.ts';
import type { LiveKind, Reference } from './reference.ts';

/** Which cluster, as kubectl is told. */
export type Target = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
};

/** What is asked of a cluster; a string is the one sentence that says why there is no answer. */
export type Cluster = {
  readonly client: Client;
  readonly namespace: string;
  readonly read: (reference: Reference) => Promise<object | string>;
  /** The newest Pod that a workload made, by the chain of owners; undefined where it has none. */
  readonly newestPod: (reference: Reference, workload: object) => Promise<object | string | undefined>;
  /** What is at a path of the API; undefined where nothing is. */
  readonly get: (path: string, what: string) => Promise<object | string | undefined>;
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

/** Gets ready to ask a cluster; nothing is asked yet. */
export async function openCluster(target: Target): Promise<Cluster | string> {
  const { kubeconfig: file, context } = target;
  const config = await fromKubeconfig({ userAgent: `health-injector/${version}`, file, context });
  if (config.problem !== undefined) return config.problem;
  const namespace = target.namespace ?? config.namespace;
  const client = createClient(config.transport, { maxResponseBytes });

  const get = async (path: string, what: string): Promise<object | string | undefined> => {
    try {
      return await client.get<object>(path, { signal: new AbortController().signal, timeoutMs });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (error instanceof ApiError) return `The cluster does not show ${what}: ${error.summary}.`;
      return `The cluster does not answer: ${(error as Error).message}.`;
    }
  };
  const pathOf = (kind: LiveKind): string => collections[kind].join(`/namespaces/${namespace}/`);
  const list = async (kind: LiveKind, selector: string): Promise<KubernetesObject[] | string> => {
    const query = selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
    const found = await get(pathOf(kind) + query, `${kind}s in ${namespace}`);
    return typeof found === 'string' ? found : ((found as { items?: KubernetesObject[] } | undefined)?.items ?? []);
  };
  return {
    client,
    namespace,
    get,
    async read({ kind, name }) {
      const what = `${kind} ${namespace}/${name}`;
      return (await get(`${pathOf(kind)}/${encodeURIComponent(name)}`, what)) ?? `There is no ${what}.`;
    },
    async newestPod({ kind }, workload) {
      let owners = [workload as KubernetesObject];
      let { selector } = (workload as V1Deployment).spec ?? {};
      if (kind === 'CronJob') {
        const jobs = await list('Job', '');
        const job = typeof jobs === 'string' ? jobs : newestOf(ownedBy(owners, jobs));
        if (job === undefined || typeof job === 'string') return job;
        owners = [job];
        selector = (job as V1Deployment).spec?.selector;
      }
      const labels = selectorText(selector);
      if (kind === 'Deployment') {
        const sets = await list('ReplicaSet', labels);
        if (typeof sets === 'string') return sets;
        owners = ownedBy(owners, sets);
      }
      const pods = await list('Pod', labels);
      return typeof pods === 'string' ? pods : newestOf(ownedBy(owners, pods));
    },
  };
}
