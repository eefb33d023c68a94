// https://kubernetes.io/docs/concepts/storage/volumes/#image
import type { V1VolumeMount } from '@kubernetes/client-node';
import type { Addition } from '../../pod/addition.ts';
import { agentContainer } from '../../pod/agent-container.ts';
import type { Problem } from '../../health/problem.ts';
import { freeName } from '../../pod/names.ts';
import { firstInitContainer, probedContainers } from '../../pod/pod.ts';
import type { PlanContext } from '../pattern.ts';

/** Where the agent lies in a container that is checked by it. */
export const mountPath = '/opt/health-probe';

/** Several times the agent's size; what is written beyond it evicts the Pod, and only the agent writes here. */
const sizeLimit = '16Mi';

/**
 * Brings the agent into the containers. The init container copies itself and runs the copy: an exec probe whose
 * program cannot start is an error that the kubelet throws away, so a noexec volume has to show before the
 * application starts. An image volume needs no copy, and Kubernetes 1.35 or later. Two patterns that bring it bring the same.
 */
export function deliver(containers: readonly string[], { pod, intent, ours }: PlanContext): Addition[] {
  const name = freeName(pod, 'health-probe-agent', ours);
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
  const first = firstInitContainer(
    pod,
    intent.containers.map(({ container }) => container),
  );
  return [
    { kind: 'volume', value: { name, emptyDir: { sizeLimit } } },
    { kind: 'initContainer', value: installer, ...(first === undefined ? {} : { before: first }) },
    ...mounts,
  ];
}

/** That a container has a volume of its own where something of ours goes; none where `annotation` asks for nothing. */
export function mountProblem(
  container: string,
  path: string,
  annotation: string | undefined,
  { pod, ours }: PlanContext,
): Problem[] {
  const mounts = probedContainers(pod).find(({ name }) => name === container)?.volumeMounts ?? [];
  const isTaken = mounts.some((mount) => mount.mountPath === path);
  if (annotation === undefined || !isTaken || ours.has(`${container}/volumeMounts/${path}`)) return [];
  const received = `container "${container}" has a volume of its own at ${path}, where the agent goes`;
  return [{ annotation, received, expected: 'that path free, or pattern sidecar' }];
}
