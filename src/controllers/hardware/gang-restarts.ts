import type { V1Job } from '@kubernetes/client-node';
import type { Gang } from '../../gang/gang.ts';
import { type GangRestart, restartOfJobSet, restartOfLeaderWorkerSet, restartOfPodGroup } from '../../gang/restart.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { CallOptions, Client } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import type { HardwarePod } from './pod.ts';

/** Reads what becomes of the gang of a Pod when that is evicted; undefined where this account may not read what says it. */
export type ReadGangRestart = (pod: HardwarePod, options: CallOptions) => Promise<GangRestart | undefined>;

/** The Pods of a gang fail together, and are asked about in one moment. */
const maxAgeMs = 5_000;

const maxCached = 1_024;

/** A reader whose calls are one for each object in five seconds, however many Pods of the gang fail. */
export function createGangRestartReader(client: Client, clock: Clock): ReadGangRestart {
  const objects = new Map<string, { readonly atMs: number; readonly object: Promise<unknown> }>();

  /** Undefined where there is no such object, or this account may not read it. */
  const read = (path: string, options: CallOptions): Promise<unknown> => {
    const cached = objects.get(path);
    const nowMs = clock.now();
    if (cached && nowMs - cached.atMs < maxAgeMs) return cached.object;
    const object = client.get<unknown>(path, options).catch((error: unknown) => {
      if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return undefined;
      objects.delete(path);
      throw error;
    });
    if (objects.size >= maxCached) objects.delete(objects.keys().next().value ?? '');
    objects.delete(path);
    objects.set(path, { atMs: nowMs, object });
    return object;
  };

  return async ({ gang, owner }, options) => {
    if (gang?.kind === 'JobSet' && owner) {
      const [job, jobSet] = await Promise.all([
        read(`/apis/batch/v1/namespaces/${gang.namespace}/jobs/${owner.name}`, options),
        read(pathOf('jobset.x-k8s.io/v1alpha2', 'jobsets', gang), options),
      ]);
      return job === undefined ? undefined : restartOfJobSet(jobOfJobSet(job as V1Job), jobSet);
    }
    if (gang?.kind === 'PodGroup') {
      const [beta, alpha] = podGroupVersions.map((version) => pathOf(version, 'podgroups', gang));
      const podGroup = (await read(beta as string, options)) ?? (await read(alpha as string, options));
      return restartOfPodGroup(podGroup);
    }
    if (gang?.kind !== 'LeaderWorkerSet') return undefined;
    // The key is the name of one group: that of the set, and the index.
    const name = gang.name.slice(0, gang.name.lastIndexOf('-'));
    const set = await read(pathOf('leaderworkerset.x-k8s.io/v1', 'leaderworkersets', { ...gang, name }), options);
    return set === undefined ? undefined : restartOfLeaderWorkerSet(set);
  };
}

/** Of Kubernetes 1.37, and of 1.36. Both are off by default, and an older apiserver has neither. */
const podGroupVersions = ['scheduling.k8s.io/v1beta1', 'scheduling.k8s.io/v1alpha2'] as const;

const pathOf = (groupVersion: string, plural: string, { namespace, name }: Pick<Gang, 'namespace' | 'name'>): string =>
  `/apis/${groupVersion}/namespaces/${namespace}/${plural}/${name}`;

const jobOfJobSet = ({ metadata, spec, status }: V1Job) => ({
  spec,
  replicatedJob: metadata?.labels?.['jobset.sigs.k8s.io/replicatedjob-name'] ?? '',
  failed: status?.failed ?? 0,
  // Without the label, which a version of JobSet may not have, it is not the only one.
  jobs: Number(metadata?.labels?.['jobset.sigs.k8s.io/global-replicas'] ?? NaN) === 1 ? 1 : Infinity,
});
