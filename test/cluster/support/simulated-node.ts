import type { Client } from '../../../src/kube/client.ts';
import { ignoreNotFound } from '../../../src/kube/api-error.ts';

/** A node without a kubelet, whose Pods have the status that the test gives them. */
export type SimulatedNode = {
  /** Has a Pod run with its container well and its sidecar not ready, as a kubelet says it. */
  readonly setNotReady: (namespace: string, pod: string, ip: string) => Promise<void>;
  readonly remove: () => Promise<void>;
};

const renewMs = 10_000;

const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

const seconds = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

const taint = { key: 'example.com/simulated', effect: 'NoSchedule' };

/** Lets a Pod onto it, where nothing runs in truth. */
export const toleration = { ...taint, operator: 'Exists' };

/** Makes a node that is ready until it is removed. */
export async function simulateNode(client: Client, name: string): Promise<SimulatedNode> {
  const { signal } = new AbortController();
  const remove = async (): Promise<void> => {
    await ignoreNotFound(client.delete(`/api/v1/nodes/${name}`, { signal }));
    await ignoreNotFound(client.delete(`${leases}/${name}`, { signal }));
  };
  const condition = (type: string, isTrue: boolean): object => ({
    type,
    status: isTrue ? 'True' : 'False',
    lastTransitionTime: seconds(),
  });
  const lease = (): object => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease' },
    spec: {
      holderIdentity: name,
      leaseDurationSeconds: 40,
      renewTime: `${new Date().toISOString().slice(0, -1)}000Z`,
    },
  });
  await remove();
  const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': name };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: { taints: [taint] } };
  await client.create('/api/v1/nodes', node, { signal });
  await client.create(leases, lease(), { signal });
  const room = { cpu: '64', memory: '256Gi', pods: '1000' };
  const status = {
    capacity: room,
    allocatable: room,
    conditions: [condition('Ready', true)],
    nodeInfo: { bootID: 'z' },
  };
  await client.patch(`/api/v1/nodes/${name}/status`, { status }, { signal });
  // Without one that is renewed, the node lifecycle controller takes the node for dead.
  const renewing = setInterval(() => {
    void client.patch(`${leases}/${name}`, { spec: (lease() as any).spec }, { signal }).catch(() => {});
  }, renewMs);
  const startedAt = seconds();
  const container = (each: string, ready: boolean): object => ({
    name: each,
    image: 'docker.io/local/sleep:1',
    imageID: '',
    ready,
    started: true,
    restartCount: 0,
    state: { running: { startedAt } },
  });

  return {
    async setNotReady(namespace, pod, ip) {
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}`;
      const { spec } = await client.get<any>(path, { signal });
      const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type, at) =>
        condition(type, at < 2),
      );
      const initContainerStatuses = spec.initContainers.map((each: any) => container(each.name, false));
      const containerStatuses = spec.containers.map((each: any) => container(each.name, true));
      const podIPs = [{ ip }];
      const running = { phase: 'Running', podIP: ip, podIPs, conditions, initContainerStatuses, containerStatuses };
      await client.patch(`${path}/status`, { status: running }, { signal });
    },
    async remove() {
      clearInterval(renewing);
      await remove();
    },
  };
}
