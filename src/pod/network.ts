import { type Pod, allContainers } from './pod.ts';

/** What the user should know about a port of the Pod that the kubelet is to probe. */
export function networkWarnings(pod: Pod, ports: readonly number[]): string[] {
  const isInMesh = allContainers(pod).some(({ name }) => name === 'istio-proxy');
  return isInMesh ? ports.map(istioWarning) : [];
}

/** Istio rewrites the probes that it sees, and it has seen this Pod already. */
const istioWarning = (port: number): string =>
  `Istio does not know of the probe of port ${port}: where it demands mutual TLS, name the port in traffic.sidecar.istio.io/excludeInboundPorts, or take pattern cli.`;

/** What the user should know about a port of ours in a Pod on the network of its node. */
export const hostNetworkWarnings = (pod: Pod, port: number): string[] =>
  pod.spec.hostNetwork
    ? [`The Pod is on its node's network: port ${port} of the node is taken, and a second such Pod there has to wait.`]
    : [];
