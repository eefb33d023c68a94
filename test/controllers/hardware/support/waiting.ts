import type { World } from './world.ts';

/** A Pod of the StatefulSet `web` that finds no node since this moment, as the webhook made it: kept off these nodes. */
export function setWaiting(world: World, name: string, nodes: readonly string[], label = 'move'): string {
  const matchFields = nodes.map((node) => ({ key: 'metadata.name', operator: 'NotIn', values: [node] }));
  const required = { nodeSelectorTerms: [{ matchFields }] };
  const uid = `uid-of-${name}`;
  world.setAnyPod({
    metadata: {
      name,
      uid,
      namespace: 'shop',
      creationTimestamp: new Date().toISOString(),
      labels: { 'health.example.com/hardware': label },
      annotations: {
        'health.example.com/status': JSON.stringify({ added: nodes.map((node) => `nodeAffinity/${node}`) }),
      },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'web', controller: true }],
    },
    spec: {
      containers: [{ name: 'app' }],
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
    },
    status: {
      phase: 'Pending',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: "0/4 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 3 Insufficient cpu.",
          lastTransitionTime: new Date().toISOString(),
        },
      ],
    },
  });
  return uid;
}
