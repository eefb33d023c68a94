import assert from 'node:assert/strict';
import { eventually, get, kubectl } from './kubectl.ts';

/** The state of one container, main or sidecar, as the kubelet reports it. */
export type ContainerState = { readonly ready: boolean; readonly started: boolean; readonly restartCount: number };

/** The Pods of an app that are not on their way out. */
export async function podsOf(namespace: string, app: string): Promise<any[]> {
  const { items } = await get(['pods', '-n', namespace, '-l', `app=${app}`]);
  return items.filter((pod: any) => !pod.metadata.deletionTimestamp);
}

/** The one Pod of an app. */
export async function podOf(namespace: string, app: string): Promise<any> {
  const pods = await podsOf(namespace, app);
  assert.equal(pods.length, 1, `one Pod of ${app}`);
  return pods[0];
}

/** Reads the state of a container out of a Pod. */
export function stateOf(pod: any, container: string): ContainerState {
  const all = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
  const state = all.find(({ name }: { name: string }) => name === container);
  return { ready: state?.ready ?? false, started: state?.started ?? false, restartCount: state?.restartCount ?? 0 };
}

export const isReady = (pod: any): boolean =>
  (pod.status.conditions ?? []).some((condition: any) => condition.type === 'Ready' && condition.status === 'True');

/** Waits for the one Pod of an app to be Ready, and returns it. */
export const readyPod = (namespace: string, app: string, seconds = 60): Promise<any> =>
  eventually(`${app} is Ready`, seconds, async () => {
    const pod = await podOf(namespace, app);
    return isReady(pod) && pod;
  });

/** Waits until a container was restarted more than `before` times, and returns the Pod. */
export const restarted = (
  namespace: string,
  app: string,
  container: string,
  before: number,
  seconds = 90,
): Promise<any> =>
  eventually(`${app}/${container} is restarted`, seconds, async () => {
    const pod = await podOf(namespace, app);
    return stateOf(pod, container).restartCount > before && pod;
  });

/** The addresses behind a Service that take traffic. */
export async function endpointsOf(namespace: string, service: string): Promise<string[]> {
  const { items } = await get(['endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${service}`]);
  const endpoints = items.flatMap((slice: any) => slice.endpoints ?? []);
  return endpoints.filter((endpoint: any) => endpoint.conditions.ready).flatMap((endpoint: any) => endpoint.addresses);
}

/** The messages of the Events about an object. */
export async function eventsOf(namespace: string, name: string): Promise<string[]> {
  const { items } = await get(['events', '-n', namespace, '--field-selector', `involvedObject.name=${name}`]);
  return items.map((event: any) => `${event.reason}: ${event.message}`);
}

/** Runs a program in a container. */
export const exec = (namespace: string, pod: any, container: string, ...command: readonly string[]): Promise<string> =>
  kubectl(['exec', '-n', namespace, pod.metadata.name, '-c', container, '--', ...command]);
