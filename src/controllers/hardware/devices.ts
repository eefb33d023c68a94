import type { FailedDevice } from '../../quarantine/quarantine.ts';
import { type SickDevice, maxDeviceNameLength } from '../../quarantine/sick-devices.ts';
import { printableLine } from '../../wording/printable.ts';
import { isClaim } from './claimed-device.ts';
import { cutToJsonBytes } from './json-bytes.ts';

/** The device for the record. */
export const deviceOfKubelet = ({ resource, id }: Pick<SickDevice, 'resource' | 'id'>): FailedDevice => ({
  reportedBy: 'Kubelet',
  resource: recorded(resource),
  id: recorded(id),
});

/** What is written of a name, in the JSON of the apiserver. */
export const mostDeviceNameBytes = 128;

const recorded = (name: string): string =>
  cutToJsonBytes(printableLine(name, maxDeviceNameLength), mostDeviceNameBytes);

/** Where the name of the device ends in a reading, by scheme; the other schemes read the node as a whole. */
const deviceNames: Readonly<Record<string, RegExp>> = {
  temperature: /^(.{1,120}?) (?:-?\d{1,4}(?:\.\d{1,3})? C|\S{0,20}alarm 1)$/,
  'memory-errors': /^(\S{1,120}) /,
  nvme: /^(\S{1,120}) /,
  disk: /^(.{1,120}?) (?:free|file system|inodes)\b/,
  nic: /^(\S{1,120}) /,
  infiniband: /^(\S{1,120}) /,
  pcie: /^(\S{1,120}) /,
  gpu: /^(\S{1,120}) /,
  device: /^(\S{1,120}) node /,
};

const operator = / (?:>=|>|<=|<|!=|=) /;

/** An agent writes no longer one. */
const longestReading = 256;

/**
 * The sensor, interface or card of a reading `SENSOR READING OPERATOR THRESHOLD` of the agent (agent/src/sensors/reading.rs);
 * undefined where it reads the node as a whole, or the words have another form. They are those of any program in the Pod.
 */
export function deviceOfAgent(scheme: string, message: string): FailedDevice | undefined {
  const line = printableLine(message, longestReading);
  const end = line.search(operator);
  const id = end < 0 ? undefined : deviceNames[scheme]?.exec(line.slice(0, end))?.[1];
  return id === undefined ? undefined : { reportedBy: 'Agent', id: recorded(id) };
}

/** The first version whose kubelet tells the devices of two plugins apart. */
const firstSureMinor = 37;

/**
 * Why what the kubelet says of the devices of a Pod is no reason to move it: before 1.37 the kubelet looks for the Pod of
 * a device by its id alone, over all plugins (https://github.com/kubernetes/kubernetes/pull/140323). Undefined where it is
 * one, as with a single plugin, or with DRA, whose devices are known by driver and pool.
 */
export function unsureReport(
  { resource }: Pick<SickDevice, 'resource'>,
  { kubelet, deviceResources }: { readonly kubelet: string; readonly deviceResources: readonly string[] },
): string | undefined {
  const minor = Number(/^v?1\.(\d{1,3})/.exec(kubelet)?.[1] ?? Number.NaN);
  if (isClaim(resource) || deviceResources.length < 2 || !(minor < firstSureMinor)) return undefined;
  return `the kubelet is ${kubelet.slice(0, 32)}, and its node has ${deviceResources.join(' and ')}`;
}
