import { type PodIndex, type PodSummary, podIndexFunctions } from '../../../../src/controllers/coverage/pod-index.ts';
import { createIndexer } from '../../../../src/kube/informer.ts';

/** An index of these Pods. */
export function indexPods(pods: readonly PodSummary[]): PodIndex {
  const indexer = createIndexer(podIndexFunctions);
  for (const pod of pods) indexer.set(pod.uid, pod);
  return indexer;
}
