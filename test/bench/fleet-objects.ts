import type { V1Pod } from '@kubernetes/client-node';

/** The namespace of the fleet. */
export const namespace = 'fleet';
export const podsPath = `/api/v1/namespaces/${namespace}/pods`;
export const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

export const bindingsPath = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
export const controllerTokenPath = `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`;

/** That the rights of deploy are enough is seen elsewhere. */
export const controllerBinding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'fleet' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
};

/** How many Pods run on a node. */
export const podsPerNode = 20;

export const nodeName = (node: number): string => `fleet-${node}`;

/** The webhook lets this namespace be: it would be measured too. */
export const namespaceObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace, labels: { 'health.example.com/inject': 'disabled' } },
};

export const nodeObject = (node: number) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName(node) } });

export const nodeStatus = (node: number) => ({
  status: {
    capacity: { cpu: '64', memory: '256Gi', pods: '110' },
    allocatable: { cpu: '64', memory: '256Gi', pods: '110' },
    conditions: [condition('Ready', true)],
    nodeInfo: { bootID: `boot-${node}` },
  },
});

/** Without one that is renewed, the node lifecycle controller takes the node for dead. */
export const leaseObject = (node: number) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: nodeName(node), namespace: 'kube-node-lease' },
  spec: {
    holderIdentity: nodeName(node),
    leaseDurationSeconds: 40,
    renewTime: `${new Date().toISOString().slice(0, -1)}000Z`,
  },
});

/** The garbage collector and the controller want an owner that exists; this one says that no controller makes its Pods. */
export const ownerObject = (owner: number) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: `owner-${owner}`, namespace },
  spec: {
    managedBy: 'fleet.example.com/none',
    suspend: true,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'example.com/simulation:1' }] } },
  },
});

export const podName = (node: number, place: number): string => `pod-${node}-${place}`;

/** A Pod that is bound already; no kubelet would end it, so it is gone as soon as it is evicted. */
export function podObject(template: V1Pod, node: number, place: number, owner: number, ownerUid: string): V1Pod {
  return {
    ...template,
    metadata: {
      ...template.metadata,
      name: podName(node, place),
      namespace,
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'Job', name: `owner-${owner}`, uid: ownerUid, controller: true },
      ],
    },
    spec: { containers: [], ...template.spec, nodeName: nodeName(node), terminationGracePeriodSeconds: 0 },
  };
}

/** As the kubelet writes it; the agent of every Pod is the one of the bench. */
export function podStatus({ spec }: V1Pod, isReady: boolean) {
  return {
    status: {
      phase: 'Running',
      podIP: '127.0.0.1',
      podIPs: [{ ip: '127.0.0.1' }],
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', isReady),
        condition('Ready', isReady),
      ],
      initContainerStatuses: spec?.initContainers?.map(({ name }) => statusOf(name, isReady)),
      containerStatuses: spec?.containers.map(({ name }) => statusOf(name, true)),
    },
  };
}

const startedAt = `${new Date().toISOString().slice(0, -5)}Z`;

const condition = (type: string, isTrue: boolean) => ({
  type,
  status: isTrue ? 'True' : 'False',
  lastTransitionTime: `${new Date().toISOString().slice(0, -5)}Z`,
});

const statusOf = (name: string, ready: boolean) => ({
  name,
  image: 'example.com/simulation:1',
  imageID: '',
  ready,
  started: true,
  restartCount: 0,
  state: { running: { startedAt } },
});
