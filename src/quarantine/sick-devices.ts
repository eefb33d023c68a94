// https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/#device-health-monitoring
import type { V1ContainerStatus } from '@kubernetes/client-node';

/** A device that the kubelet calls unhealthy, in the words of its driver, each of a bounded length. */
export type SickDevice = {
  readonly container: string;
  /** The extended resource of a device plugin, or `claim:NAME` and `claim:NAME/REQUEST` of DRA. */
  readonly resource: string;
  readonly id: string;
  /** The ResourceClaim behind a claim of the Pod. */
  readonly claim?: string;
  /** All of it as one text. */
  readonly message: string;
};

/** An Event shows less of it. */
const maxMessageLength = 512;
/** No resource has a longer name, and a longer id is no name of a device. */
export const maxDeviceNameLength = 320;
/** A Pod has fewer. */
const mostDevices = 64;

/** The devices that the status of a Pod calls unhealthy. */
export const sickDevicesOf = (statuses: readonly V1ContainerStatus[]): readonly SickDevice[] =>
  statuses
    .flatMap(({ name: container, allocatedResourcesStatus = [] }) =>
      allocatedResourcesStatus.flatMap(({ name: resource, resources = [] }) =>
        resources
          .filter(({ health }) => health === 'Unhealthy')
          .slice(0, mostDevices)
          .map(({ resourceID: id, message }) => sickDevice({ container, resource, id }, message)),
      ),
    )
    .slice(0, mostDevices);

function sickDevice({ container, resource, id }: Omit<SickDevice, 'message'>, why: string | undefined): SickDevice {
  const message = `${resource} ${id} is Unhealthy${why ? `: ${why}` : ''}`;
  return {
    container,
    resource: resource.slice(0, maxDeviceNameLength),
    id: id.slice(0, maxDeviceNameLength),
    message: message.slice(0, maxMessageLength),
  };
}
