// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import type { CoreV1Event } from '@kubernetes/client-node';

/** The Events of the kubelet in which a probe failed. */
export const unhealthySelector = 'reason=Unhealthy,involvedObject.kind=Pod';

/** That the liveness of a container failed, as an Event says. Anyone may write Events in a namespace of his own. */
export type LivenessHint = {
  readonly uid: string;
  readonly namespace: string;
  readonly container: string;
  /** By the clock of the kubelet, in whole seconds. */
  readonly atMs: number;
};

/** The kubelet sums up Events that are alike; of a probe that could not be asked it counts no failure. */
const start = /^(?:\(combined from similar events\): )?Liveness probe failed/;
const fieldPath = /^spec\.(?:initContainers|containers)\{([^{}]+)\}$/;

/** Takes the hint out of an Event; undefined for one about another probe. */
export function readHint(event: CoreV1Event): LivenessHint | undefined {
  const { involvedObject, message = '', series, lastTimestamp, eventTime, metadata } = event;
  const container = fieldPath.exec(involvedObject?.fieldPath ?? '')?.[1];
  const atMs = Date.parse(String(series?.lastObservedTime ?? lastTimestamp ?? eventTime));
  const { uid, namespace } = involvedObject ?? {};
  if (!start.test(message) || container === undefined || !uid || !Number.isFinite(atMs)) return undefined;
  // The apiserver takes no other; an Event about a Pod lies in the namespace of the Pod.
  return namespace === undefined || namespace !== metadata?.namespace ? undefined : { uid, namespace, container, atMs };
}
