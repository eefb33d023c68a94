import type { V1Pod } from '@kubernetes/client-node';
import { readAgentLine } from '../../inject/model/agent-lines.ts';
import {
  type FailedDevice,
  type NodeQuarantine,
  ownerKeyOf,
  ownerText,
  quarantineKeyOf,
} from '../../quarantine/quarantine.ts';
import { type SickDevice, sickDevicesOf } from '../../quarantine/sick-devices.ts';
import { quotedLine } from '../../wording/printable.ts';
import { formatAge } from './age.ts';
import { row } from '../columns.ts';

/** What is known of the hardware under a live Pod, and of the nodes that its owner is kept off. */
export type HardwareState = {
  /** What its check reads now, such as `temperature: pass, coretemp Package id 0 40 C < 90 C`. */
  readonly readings: readonly string[];
  /** The devices that the kubelet calls unhealthy. */
  readonly sickDevices: readonly SickDevice[];
  readonly quarantines: readonly (Pick<
    NodeQuarantine['spec']['owners'][number],
    'check' | 'message' | 'since' | 'until' | 'affinity'
  > & { readonly node: string; readonly device: FailedDevice | undefined; readonly moves: number })[];
};

/** A Pod has fewer checks; the answer may be that of a stranger. */
const mostReadings = 32;
const longestReading = 256;
const mostQuarantines = 32;

/** What an agent says of each check that does not fail; why one fails stands with its verdict. */
export const readingsOf = (answer: string): readonly string[] =>
  answer.split('\n', mostReadings).flatMap((line) => {
    const read = readAgentLine(line.slice(0, longestReading));
    return read && !read.isFailing ? [`${read.label}: ${read.detail}`] : [];
  });

/** The hardware of a Pod, by its status and by the quarantines of all nodes. */
export function hardwareStateOf(
  pod: V1Pod,
  quarantines: readonly NodeQuarantine[],
  readings: readonly string[],
): HardwareState {
  const { metadata, status } = pod;
  const namespace = metadata?.namespace ?? '';
  const keys = [quarantineKeyOf(namespace, pod), ownerKeyOf(namespace, metadata)];
  const owners = new Set(keys.flatMap((key) => (key ? [ownerText(key)] : [])));
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const own = quarantines.flatMap(({ spec: { nodeName: node, owners: entries = [] } }) =>
    entries
      .filter(({ owner }) => owners.has(ownerText(owner)))
      .map(({ check, message, device, since, until, affinity, moves = [] }) => ({
        node,
        check,
        message,
        device,
        since,
        until,
        affinity,
        moves: moves.length,
      })),
  );
  return { readings, sickDevices: sickDevicesOf(statuses), quarantines: own.slice(0, mostQuarantines) };
}

/** One fact a line; what a program in the Pod or a driver says is in quotation marks. */
export function formatHardware({ readings, sickDevices, quarantines }: HardwareState, nowMs: number): string[] {
  return [
    ...readings.map((reading) => row('  reads', reading)),
    ...sickDevices.map(({ container, message }) =>
      row('  device', `of ${container}, the kubelet says ${quotedLine(message, longestReading)}`),
    ),
    ...quarantines.flatMap(({ node, check, message, device, since, until, affinity, moves }) => [
      row(
        affinity === 'None' ? '  tainted' : '  kept off',
        `${affinity === 'None' ? 'a device of node' : 'node'} ${node} since ${formatAge(nowMs - Date.parse(since))}, until ${until}` +
          `${affinity === 'Preferred' ? ', if another takes it' : ''}: ${moves} moved, ${check}: ${message}`,
      ),
      ...(device ? [row('    device', formatDevice(device))] : []),
    ]),
  ];
}

const formatDevice = ({ reportedBy, resource, id }: FailedDevice): string =>
  `${quotedLine(id, longestReading)}${resource === undefined ? '' : ` of ${quotedLine(resource, longestReading)}`}, ` +
  `by the word of the ${reportedBy === 'Agent' ? 'agent' : 'kubelet'}`;
