// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import type { CoreV1Event } from '@kubernetes/client-node';
import { bounded } from '../visible.ts';

/** An Event that is about a check, a restart or a move. */
export type PodEvent = {
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly last: string;
};

const longestReason = 128;
const longestMessage = 512;

/** Takes from an Event of any client what is shown of it. */
export function readEvent(event: CoreV1Event): PodEvent {
  const { reason = '', message = '', count, series, lastTimestamp, eventTime, metadata } = event;
  const last = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return {
    reason: bounded(reason, longestReason),
    message: bounded(message.trim(), longestMessage),
    count: series?.count ?? count ?? 1,
    last: String(last),
  };
}
