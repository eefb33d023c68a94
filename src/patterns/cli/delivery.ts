// https://kubernetes.io/docs/concepts/storage/volumes/#image
import type { V1VolumeMount } from '@kubernetes/client-node';
import type { Addition } from '../../pod/addition.ts';
import { agentContainer } from '../../pod/agent-container.ts';
import { firstInitContainer } from '../../pod/pod.ts';
import type { PlanContext } from '../pattern.ts';

/** Where the agent lies in a container that is checked by it. */
export const mountPath = '/opt/health-probe';

/** Several times the agent's size; what is written beyond it evicts the Pod, and only the agent writes here. */
const sizeLimit = '16Mi';

/**
 * Brings the agent into the containers. The init container copies itself and runs the copy: an exec probe whose
 * program cannot start is an error that the kubelet throws away, so a noexec volume has to show before the
 * application starts. An image volume needs no copy, and Kubernetes 1.35 or later.
 */
export function deliver(name: string, containers: readonly string[], { pod, intent }: PlanContext): Addition[] {
  const mount: V1VolumeMount = { name, mountPath, readOnly: true };
  const mounts = containers.map((container) => ({ kind: 'volumeMount' as const, container, value: mount }));
  if (intent.delivery === 'image-volume') {
    const image = { reference: intent.image, pullPolicy: 'IfNotPresent' };
    return [{ kind: 'volume', value: { name, image } }, ...mounts];
  }
  const installer = {
    ...agentContainer(name, intent),
    args: ['install', mountPath],
    volumeMounts: [{ name, mountPath }],
  };
  const first = firstInitContainer(pod, containers);
  return [
    { kind: 'volume', value: { name, emptyDir: { sizeLimit } } },
    { kind: 'initContainer', value: installer, ...(first === undefined ? {} : { before: first }) },
    ...mounts,
  ];
}
