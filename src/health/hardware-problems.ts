// https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html#driver-capabilities
import type { V1Container } from '@kubernetes/client-node';
import { type Pod, probedContainers } from '../pod/pod.ts';
import type { Key } from './annotations.ts';
import type { ContainerIntent, HardwareIntent } from './intent.ts';
import { type Problem, receivedValue } from './problem.ts';
import type { Entry } from './written.ts';

const ownKeys: readonly Key[] = ['mode', 'on-failure', 'host-paths', 'devices', 'device-resource', 'resource-claim'];

/** What is wrong with the keys of pattern hardware in this very Pod: nobody asks for it, or it lacks what they speak of. */
export function hardwareProblems(
  written: ReadonlyMap<Key, Entry>,
  containers: readonly ContainerIntent[],
  { mode }: HardwareIntent,
  pod: Pod,
): Problem[] {
  const asking = containers.filter(({ hardware }) => hardware);
  if (asking.length === 0) {
    return ownKeys
      .flatMap((key) => written.get(key) ?? [])
      .map(({ annotation }) => ({
        annotation,
        received: 'received it without a check for pattern hardware',
        expected: 'pattern hardware with such a check, or not this key',
      }));
  }
  const misused = modeProblems(written, mode);
  const claim = written.get('resource-claim');
  if (claim) misused.push(...claimProblems(claim, pod));
  if (mode === 'sidecar' || misused.length > 0) return misused;
  return asking.flatMap((intent) => {
    const container = probedContainers(pod).find(({ name }) => name === intent.container) as V1Container;
    return deviceProblems(written, intent, container, pod);
  });
}

/** Keys that mean nothing in this mode. */
function modeProblems(written: ReadonlyMap<Key, Entry>, mode: HardwareIntent['mode']): Problem[] {
  const noContainer = 'received it with mode cli, and nothing of the node is brought into a container of the user';
  const rows: readonly (readonly [Key, HardwareIntent['mode'], string])[] = [
    ['host-paths', 'sidecar', noContainer],
    ['devices', 'sidecar', noContainer],
    ['device-resource', 'cli', 'received it with mode sidecar, and a sidecar that asks for a device gets another one'],
  ];
  return rows.flatMap(([key, wanted, received]) => {
    const entry = mode === wanted ? undefined : written.get(key);
    return entry ? [{ annotation: entry.annotation, received, expected: `mode: ${wanted}` }] : [];
  });
}

function claimProblems({ annotation, value }: Entry, pod: Pod): Problem[] {
  const claims = (pod.spec.resourceClaims ?? []).map(({ name }) => name);
  if (claims.includes(value)) return [];
  const expected = claims.length > 0 ? `one of ${claims.join(', ')}` : 'a claim in its resourceClaims';
  return [{ annotation, received: `${receivedValue(value)}, which the Pod does not claim`, expected }];
}

/** With mode cli the check runs in a container that has the device already: nobody is ever given another one. */
function deviceProblems(
  written: ReadonlyMap<Key, Entry>,
  { hardware }: ContainerIntent,
  container: V1Container,
  pod: Pod,
): Problem[] {
  const missing = (entry: Entry | undefined, has: (value: string) => (each: V1Container) => boolean): Problem[] => {
    if (!entry || has(entry.value)(container)) return [];
    const others = probedContainers(pod)
      .filter(has(entry.value))
      .map(({ name }) => name);
    const expected = others.length > 0 ? `the key container to name one that has it: ${others.join(', ')}` : 'it there';
    return [
      {
        annotation: entry.annotation,
        received: `container "${container.name}" does not have ${entry.value}`,
        expected,
      },
    ];
  };
  const problems = [
    ...missing(written.get('device-resource'), requested),
    ...missing(written.get('resource-claim'), claimed),
  ];
  const capabilities = container.env?.findLast(({ name }) => name === 'NVIDIA_DRIVER_CAPABILITIES')?.value ?? '';
  const isBlind = capabilities !== '' && !/(^|,)\s*(all|utility)\s*(,|$)/.test(capabilities);
  if (isBlind && hardware?.list.some(({ scheme }) => scheme === 'gpu')) {
    problems.push({
      annotation: hardware.annotation,
      received: `container "${container.name}" sets NVIDIA_DRIVER_CAPABILITIES without utility, and has no nvidia-smi then`,
      expected: 'utility among them',
    });
  }
  return problems;
}

/** Whether a container shares this claim. */
const claimed =
  (claim: string) =>
  (container: V1Container): boolean =>
    container.resources?.claims?.some(({ name }) => name === claim) ?? false;

/** Whether a container asks for this resource. */
const requested =
  (resource: string) =>
  (container: V1Container): boolean =>
    [container.resources?.limits, container.resources?.requests].some((list) => list && Object.hasOwn(list, resource));
