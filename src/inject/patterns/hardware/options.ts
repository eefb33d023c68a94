// https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html#driver-capabilities
import type { V1Container } from '@kubernetes/client-node';
import { isDevice } from '../../../check/kinds.ts';
import type { AnnotationMap, AnnotationValue, ContainerIntent, ReadingContext } from '../../model/intent.ts';
import { moveWindowExpected, parseMoveWindow } from '../../model/move-window.ts';
import { type Pod, isWithin, probedContainers } from '../../pod/pod.ts';
import { isOfNode } from './conditions.ts';
import { type Problem, type Collector, readName, readValue, receivedValue } from '../../model/problems.ts';

/** The keys of this pattern, with a line of meaning each. */
export const ownKeys = {
  mode: 'How hardware is asked: sidecar (the default), or cli in the container that has the device.',
  'on-failure':
    'What becomes of the Pod whose hardware fails: move (the default) to another node, move-alone also without its gang, or report.',
  'move-window':
    'How long the application has to save its work before its Pod is moved, such as 10m: from 10s to 1h. Without it, the Pod is moved at once.',
  'host-paths':
    'Comma list of folders of the node for the sidecar of hardware, read-only; PATH:/sys is shown as /sys. Only those that the administrator allows.',
  devices:
    "Comma list of the node's device nodes for the sidecar of hardware. Only those that the administrator allows.",
  'device-resource':
    'The extended resource, such as nvidia.com/gpu, that the container with mode cli has. Only one that the administrator allows.',
  'resource-claim': 'The claim of the Pod that the check of hardware shares. Only one that the administrator allows.',
} as const;

type OwnKey = keyof typeof ownKeys;

/** How the hardware is asked, and what happens where it fails. */
export type HardwareOptions = {
  readonly mode: 'sidecar' | 'cli';
  readonly onFailure: (typeof hardwareActions)[number];
  /** How long the application has to save its work; undefined where it is not asked. */
  readonly moveWindow: MoveWindow | undefined;
  readonly hostPaths: readonly HostPath[];
  /** Paths under /dev. */
  readonly devices: readonly string[];
  readonly resourceClaim: string | undefined;
};

/** The time that an application has; `prefix` is that of the annotation by which it learns of it. */
type MoveWindow = { readonly windowMs: number; readonly prefix: string };

/** A folder of the node, and the folder that it is shown as, which differs where a test rig stands in for a node. */
type HostPath = { readonly path: string; readonly as: string };

/** What the key `mode` takes. */
export const hardwareModes = ['sidecar', 'cli'] as const;
/** What the key `on-failure` takes. */
export const hardwareActions = ['move', 'move-alone', 'report'] as const;

/** A resource or a claim by its name. */
const resourceName = /^[a-zA-Z0-9][a-zA-Z0-9._/-]{0,252}$/;

/** Nothing that leads elsewhere, and nothing that the list or the form PATH:AS would be cut at. */
const path = /^(\/[^/:,\s]+)+$/;

/** Reads the keys of pattern hardware, and holds what they want of the node against what the administrator allows. */
export function readHardwareOptions(
  annotations: AnnotationMap,
  { allowed, prefix }: Pick<ReadingContext, 'allowed' | 'prefix'>,
  collector: Collector,
): HardwareOptions {
  const read = <T>(key: OwnKey, parse: (value: string) => T | undefined, expected: string): T | undefined =>
    readValue(annotations.get(key), parse, expected, collector);
  const paths = (key: OwnKey, parse: (text: string) => HostPath | undefined, list: readonly string[], what: string) =>
    read(
      key,
      (value) => parseList(value, parse, list),
      permitted(`a comma list of at most ${mostPaths} ${what}`, list),
    ) ?? [];
  const named = (key: OwnKey, list: readonly string[]): string | undefined =>
    read(
      key,
      (value) => (resourceName.test(value) && list.includes(value) ? value : undefined),
      permitted('one', list),
    );

  const mode = readName(annotations.get('mode'), hardwareModes, collector) ?? 'sidecar';
  const windowMs = read('move-window', parseMoveWindow, moveWindowExpected);
  const hostPaths = paths('host-paths', parseHostPath, allowed.hostPaths, 'folders, each shown once,');
  const devices = paths('devices', parseDevice, allowed.devices, 'paths under /dev, each once,').map(
    (device) => device.path,
  );
  // The key only says which device is meant: no container gets one by it.
  named('device-resource', allowed.deviceResources);
  const resourceClaim = named('resource-claim', allowed.resourceClaims);
  return {
    mode,
    onFailure: readName(annotations.get('on-failure'), hardwareActions, collector) ?? 'move',
    moveWindow: windowMs === undefined ? undefined : { windowMs, prefix },
    hostPaths,
    devices,
    resourceClaim,
  };
}

/** The end of a sentence on what an annotation may name. */
const permitted = (what: string, allowed: readonly string[]): string =>
  allowed.length === 0
    ? 'none: the administrator allows nothing here'
    : `${what} that the administrator allows: ${allowed.join(', ')}`;

/** Each becomes a volume, which the list of all volumes is copied for. A node has some forty folders and disks to show. */
const mostPaths = 64;

function parseList(
  value: string,
  parse: (text: string) => HostPath | undefined,
  allowed: readonly string[],
): readonly HostPath[] | undefined {
  const texts = value.split(',');
  if (texts.length > mostPaths) return undefined;
  const read = texts.map((text) => parse(text.trim()));
  const list = read.filter((item) => item !== undefined);
  const isAllowed = list.every((item) => allowed.some((root) => isWithin(item.path, root)));
  const places = new Set(list.map(({ as }) => as));
  return isAllowed && list.length === read.length && places.size === list.length ? list : undefined;
}

function parseHostPath(text: string): HostPath | undefined {
  const [from = '', as = from, more] = text.split(':');
  return isPath(from) && isPath(as) && more === undefined ? { path: from, as } : undefined;
}

const parseDevice = (text: string): HostPath | undefined =>
  isPath(text) && isDevice(text) ? { path: text, as: text } : undefined;

const isPath = (text: string): boolean =>
  text.length <= 1_024 && path.test(text) && text.split('/').every((part) => part !== '.' && part !== '..');

/** What is wrong with the keys of this pattern in this very Pod: no container asks for it, or the Pod lacks what they speak of. */
export function validateHardware({
  annotations,
  containers,
  options: { mode, onFailure },
  pod,
}: {
  readonly annotations: AnnotationMap;
  readonly containers: readonly ContainerIntent[];
  readonly options: HardwareOptions;
  readonly pod: Pod;
}): readonly Problem[] {
  const asking = containers.filter(({ claimed }) => claimed.has('hardware'));
  if (asking.length === 0) {
    return Object.keys(ownKeys)
      .flatMap((key) => annotations.get(key) ?? [])
      .map(({ annotation }) => ({
        annotation,
        received: 'received it without a check for pattern hardware',
        expected: 'pattern hardware with such a check, or not this key',
      }));
  }
  const claim = annotations.get('resource-claim');
  const misused = [
    ...modeProblems(annotations, mode),
    ...windowProblems(annotations, { onFailure, hasAgent: asking.some(asksAgent) }),
    ...(claim ? claimProblems(claim, pod) : []),
  ];
  if (mode === 'sidecar' || misused.length > 0) return misused;
  return asking.flatMap((intent) => {
    const container = probedContainers(pod).find(({ name }) => name === intent.container) as V1Container;
    return deviceProblems(annotations, intent, container, pod);
  });
}

/** Keys that mean nothing in this mode. */
function modeProblems(annotations: AnnotationMap, mode: HardwareOptions['mode']): Problem[] {
  const noContainer = 'received it with mode cli, and nothing of the node is brought into a container of the user';
  const rows: readonly (readonly [OwnKey, HardwareOptions['mode'], string])[] = [
    ['host-paths', 'sidecar', noContainer],
    ['devices', 'sidecar', noContainer],
    ['move-window', 'sidecar', 'received it with mode cli, with which no agent hears that the work is saved'],
    ['device-resource', 'cli', 'received it with mode sidecar, and a sidecar that asks for a device gets another one'],
  ];
  return rows.flatMap(([key, wanted, received]) => {
    const entry = mode === wanted ? undefined : annotations.get(key);
    return entry ? [{ annotation: entry.annotation, received, expected: `mode: ${wanted}` }] : [];
  });
}

const asksAgent = ({ claimed }: ContainerIntent): boolean =>
  claimed.get('hardware')?.list.some((check) => !isOfNode(check)) ?? false;

/** A Pod that is never moved has no time before that, and without a sidecar none is heard of. */
function windowProblems(
  annotations: AnnotationMap,
  { onFailure, hasAgent }: Pick<HardwareOptions, 'onFailure'> & { readonly hasAgent: boolean },
): Problem[] {
  const entry = annotations.get('move-window');
  if (!entry || (onFailure !== 'report' && hasAgent)) return [];
  const { annotation } = entry;
  if (onFailure === 'report') {
    const received = 'received it with on-failure: report, with which the Pod is never moved';
    return [{ annotation, received, expected: 'on-failure: move or move-alone, or not this key' }];
  }
  const received = 'received it with conditions of the node alone, for which no sidecar is added';
  return [{ annotation, received, expected: 'a check that the sidecar asks, or not this key' }];
}

function claimProblems({ annotation, value }: AnnotationValue, pod: Pod): Problem[] {
  const claims = (pod.spec.resourceClaims ?? []).map(({ name }) => name);
  if (claims.includes(value)) return [];
  const expected = claims.length > 0 ? `one of ${claims.join(', ')}` : 'a claim in its resourceClaims';
  return [{ annotation, received: `${receivedValue(value)}, which the Pod does not claim`, expected }];
}

/** With mode cli the check runs in a container that has the device already: no container gets another one. */
function deviceProblems(
  annotations: AnnotationMap,
  { claimed }: ContainerIntent,
  container: V1Container,
  pod: Pod,
): Problem[] {
  const missing = (
    entry: AnnotationValue | undefined,
    has: (value: string) => (each: V1Container) => boolean,
  ): Problem[] => {
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
    ...missing(annotations.get('device-resource'), requested),
    ...missing(annotations.get('resource-claim'), sharesClaim),
  ];
  const capabilities = container.env?.findLast(({ name }) => name === 'NVIDIA_DRIVER_CAPABILITIES')?.value ?? '';
  const isBlind = capabilities !== '' && !/(^|,)\s*(all|utility)\s*(,|$)/.test(capabilities);
  const hardware = claimed.get('hardware');
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
const sharesClaim =
  (claim: string) =>
  (container: V1Container): boolean =>
    container.resources?.claims?.some(({ name }) => name === claim) ?? false;

/** Whether a container asks for this resource. */
const requested =
  (resource: string) =>
  (container: V1Container): boolean =>
    [container.resources?.limits, container.resources?.requests].some((list) => list && Object.hasOwn(list, resource));
