import { isDevice } from '../check/kinds.ts';
import type { Key } from './annotations.ts';
import type { HardwareIntent, HostPath } from './intent.ts';
import type { Problem } from './problem.ts';
import { readValue } from './read-value.ts';
import type { ReadingContext } from './reading-context.ts';
import type { Entry } from './written.ts';

const modes = ['sidecar', 'cli'] as const;
const actions = ['move', 'report'] as const;

/** A resource or a claim by its name. */
const name = /^[a-zA-Z0-9][a-zA-Z0-9._/-]{0,252}$/;

/** Nothing that leads elsewhere, and nothing that the list or the form PATH:AS would be cut at. */
const path = /^(\/[^/:,\s]+)+$/;

/** Reads the keys of pattern hardware, and holds what they want of the node against what the administrator allows. */
export function readHardware(
  pod: ReadonlyMap<Key, Entry>,
  { allowed }: ReadingContext,
  problems: Problem[],
): HardwareIntent {
  const read = <T>(key: Key, parse: (value: string) => T | undefined, expected: string): T | undefined =>
    readValue(pod.get(key), parse, expected, problems);
  const paths = (key: Key, parse: (text: string) => HostPath | undefined, list: readonly string[], what: string) =>
    read(key, (value) => parseList(value, parse, list), permitted(`a comma list of ${what}`, list)) ?? [];
  const named = (key: Key, list: readonly string[]): string | undefined =>
    read(key, (value) => (name.test(value) && list.includes(value) ? value : undefined), permitted('one', list));

  const mode = read('mode', oneOf(modes), `one of ${modes.join(', ')}`) ?? 'sidecar';
  const hostPaths = paths('host-paths', parseHostPath, allowed.hostPaths, 'folders, each shown once,');
  const devices = paths('devices', parseDevice, allowed.devices, 'paths under /dev, each once,').map(
    (device) => device.path,
  );
  // It only says which device is meant: nobody is given one.
  named('device-resource', allowed.deviceResources);
  const resourceClaim = named('resource-claim', allowed.resourceClaims);
  return {
    mode,
    onFailure: read('on-failure', oneOf(actions), `one of ${actions.join(', ')}`) ?? 'move',
    hostPaths,
    devices,
    resourceClaim,
  };
}

const oneOf =
  <T extends string>(choices: readonly T[]) =>
  (value: string): T | undefined =>
    choices.find((choice) => choice === value);

/** The end of a sentence on what an annotation may name. */
const permitted = (what: string, allowed: readonly string[]): string =>
  allowed.length === 0
    ? 'none: the administrator allows nothing here'
    : `${what} that the administrator allows: ${allowed.join(', ')}`;

function parseList(
  value: string,
  parse: (text: string) => HostPath | undefined,
  allowed: readonly string[],
): readonly HostPath[] | undefined {
  const read = value.split(',').map((text) => parse(text.trim()));
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

/** True for the path itself and all that is below it. */
export const isWithin = (child: string, parent: string): boolean =>
  child === parent || child.startsWith(parent.endsWith('/') ? parent : `${parent}/`);
