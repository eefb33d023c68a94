import type { World } from './world.ts';

/** What the Jobs of a JobSet say of their Pods, and what the JobSet says of its Jobs. */
export type JobSetSettings = {
  readonly job: object;
  readonly failurePolicy: object;
  readonly onFailure: 'move' | 'move-alone';
};

const failJob = [{ action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
export const startsAnew: JobSetSettings = {
  job: { backoffLimit: 0, podFailurePolicy: { rules: failJob } },
  failurePolicy: { maxRestarts: 10 },
  onFailure: 'move',
};

const isWorker = ({ metadata }: any): boolean => metadata.labels['jobset.sigs.k8s.io/jobset-name'] === 'train';

/**
 * A JobSet `train` with one Job for each worker, and a stand-in for its controller that does what that of JobSet 0.10
 * does with these settings: the eviction of one Pod replaces all Jobs and Pods, on nodes that the quarantines leave.
 */
export function createJobSet(world: World, placed: readonly string[], settings: JobSetSettings = startsAnew) {
  const base = '/apis/batch/v1/namespaces/shop/jobs/';
  let restarts = 0;
  const setWorker = (index: number, node: string, isReady: boolean, ageMs: number): any => {
    const job = `train-workers-${index}`;
    const uid = `${job}-${restarts}`;
    const labels = {
      'health.example.com/hardware': settings.onFailure,
      'jobset.sigs.k8s.io/jobset-name': 'train',
      'jobset.sigs.k8s.io/replicatedjob-name': 'workers',
      'jobset.sigs.k8s.io/global-replicas': String(placed.length),
    };
    world.objects.set(base + job, { metadata: { name: job, uid, labels }, spec: settings.job, status: {} });
    const pod = world.setPod(`${job}-0-${restarts}`, node, job, isReady, ageMs);
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: job, uid, controller: true }];
    const metadata = { ...pod.metadata, labels: { ...pod.metadata.labels, ...labels }, ownerReferences };
    return world.setAnyPod({ ...pod, metadata });
  };
  const jobSet = { metadata: { name: 'train' }, spec: { failurePolicy: settings.failurePolicy }, status: {} };
  world.objects.set('/apis/jobset.x-k8s.io/v1alpha2/namespaces/shop/jobsets/train', jobSet);
  world.setReplace(() => {
    const old = world.pods().filter(isWorker);
    // Its Pods go in one moment, whichever of them were evicted.
    if (old.some(({ metadata }) => metadata.name.endsWith(`-0-${restarts}`))) {
      restarts += 1;
      for (const { metadata } of old) world.remove('/api/v1/pods', metadata.name);
      const free = world.freeNodes('train');
      placed.forEach((_, index) => setWorker(index, free[index % free.length]!, true, 0));
    }
  });
  placed.forEach((node, index) => setWorker(index, node, true, 3_600_000));
  return {
    restarts: () => restarts,
    workers: () => world.pods().filter(isWorker),
    /** The hardware of these workers fails from now on. */
    fail: (...indexes: readonly number[]) =>
      indexes.forEach((index) => {
        const { metadata, spec } = world.pods().filter(isWorker)[index];
        setWorker(Number(/(\d+)-0-/.exec(metadata.name)?.[1]), spec.nodeName, false, 3_600_000);
      }),
  };
}
