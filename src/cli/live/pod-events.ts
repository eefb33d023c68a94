// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
import type { CoreV1Event } from '@kubernetes/client-node';
import type { Client } from '../../kube/client.ts';
import { type PodEvent, readEvent } from '../explain/pod-events.ts';
import { whyNot } from './agents.ts';

const timeoutMs = 10_000;
const mostRead = 200;
const mostShown = 5;

/** What is no warning and tells of a restart all the same. */
const toldReasons: ReadonlySet<string> = new Set(['Killing', 'ReplacementRunning']);

/** The newest Events about a Pod or a workload that speak of trouble, the newest first, or why they cannot be read. */
export async function readObjectEvents(
  namespace: string,
  uid: string,
  client: Client,
): Promise<{ readonly events: readonly PodEvent[]; readonly unanswered: readonly string[] }> {
  try {
    const { items } = await client.list<CoreV1Event>(`/api/v1/namespaces/${encodeURIComponent(namespace)}/events`, {
      fieldSelector: `involvedObject.uid=${uid}`,
      limit: mostRead,
      signal: new AbortController().signal,
      timeoutMs,
    });
    const events = items
      .filter(({ type, reason = '' }) => type === 'Warning' || toldReasons.has(reason))
      .map(readEvent)
      .toSorted((a, b) => Date.parse(b.last) - Date.parse(a.last));
    return { events: events.slice(0, mostShown), unanswered: [] };
  } catch (error) {
    const why = whyNot(error as Error, `list events in namespace ${namespace}`);
    return { events: [], unanswered: [`the Events about it cannot be read: ${why}.`] };
  }
}
