import { isDeepStrictEqual } from 'node:util';
import type { V1Container, V1Probe, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { mountPath } from '../patterns/cli/delivery.ts';
import { statePath } from '../patterns/cli/state.ts';
import { keptOffLabel } from '../quarantines/keep-off.ts';
import { agentContainer } from '../pod/agent-container.ts';

/** True for a container in the form in which agents are added; image and resources may be anything. */
export function isAgent({ name, args, command, securityContext }: V1Container): boolean {
  const { securityContext: expected } = agentContainer(name, { image: '', cpu: '', memory: '' });
  const runs = Array.isArray(args) && (args[0] === 'serve' || (args[0] === 'install' && args[1] === mountPath));
  return runs && command === undefined && isDeepStrictEqual(securityContext, expected);
}

const hostTypes: readonly unknown[] = ['Directory', 'CharDevice', 'BlockDevice'];

/** True for a volume in the form in which agents are shipped or shown the node: an emptyDir with a limit, an image, or what must exist there. */
export const isAgentVolume = ({ emptyDir, image, hostPath }: V1Volume): boolean =>
  typeof emptyDir?.sizeLimit === 'string' || typeof image?.reference === 'string' || hostTypes.includes(hostPath?.type);

/** True for a mount in the form in which a container gets at its agent, and at its own folder of what agents keep. */
export const isAgentMount = (mount: V1VolumeMount, container: string): boolean =>
  mount.mountPath === mountPath
    ? mount.readOnly === true && mount.subPath === undefined
    : mount.mountPath === statePath && mount.subPath === container;

/** True for the value of the label by which the controller finds a Pod. */
export const isHardwareLabel = (value: unknown): boolean =>
  value === 'move' || value === 'report' || value === keptOffLabel;

const timings = ['periodSeconds', 'timeoutSeconds', 'failureThreshold'] as const;
const otherTimings = ['initialDelaySeconds', 'successThreshold', 'terminationGracePeriodSeconds'];
const handlers = ['httpGet', 'tcpSocket', 'grpc', 'exec'] as const;

/** True for a probe in the form in which probes are added: one handler without a host, and a whole timing. */
export function isAddedProbe(probe: V1Probe): boolean {
  const known: readonly string[] = [...handlers, ...timings, ...otherTimings];
  return (
    Object.keys(probe).every((key) => known.includes(key)) &&
    timings.every((key) => typeof probe[key] === 'number') &&
    handlers.filter((key) => probe[key]).length === 1 &&
    probe.httpGet?.host === undefined &&
    probe.tcpSocket?.host === undefined
  );
}
