import type { Allowed } from '../inject/intent/types.ts';
import { type SettingReader, createSettingReader } from '../setting.ts';
import { parseLevel, parseListen, parsePrefix, readAllowed, settingRows as webhookRows } from '../settings.ts';
import type { HardwareSettings } from './hardware/situation.ts';

/** The settings of the controller: read once, fixed for its life. */
export type ControllerSettings = {
  readonly host: string;
  readonly port: number;
  readonly prefix: string;
  readonly agentImage: string;
  readonly allowImage: boolean;
  readonly allowed: Allowed;
  readonly excludedNamespaces: ReadonlySet<string>;
  /** Whether the webhook is asked about no Pod without an annotation: none of those was missed. */
  readonly annotatedOnly: boolean;
  readonly repair: 'off' | 'evict';
  readonly repairPercent: number;
  readonly repairMinimumAgeMs: number;
  /** Undefined: nothing is said or done about hardware. */
  readonly hardware: HardwareSettings | undefined;
  /** The Service of the webhook, whose replicas acknowledge quarantines. */
  readonly webhookService: string;
  /** Where the Lease is; empty: lead without one. */
  readonly namespace: string;
  readonly kubeconfig: boolean;
  readonly logLevel: string;
  /** Empty: the level stays. */
  readonly logLevelFile: string;
};

const { prefix, 'agent-image': agentImage, 'allow-image': allowImage } = webhookRows;
const { 'allowed-host-paths': allowedHostPaths, 'allowed-devices': allowedDevices } = webhookRows;
const { 'allowed-device-resources': allowedResources, 'allowed-resource-claims': allowedClaims } = webhookRows;
const { 'excluded-namespaces': excludedNamespaces } = webhookRows;
const { 'log-level': logLevel, 'log-level-file': logLevelFile } = webhookRows;

/** Every setting of the controller; those that it shares with the webhook must have the same values there. */
export const controllerRows = {
  listen: { value: '127.0.0.1:8080', meaning: 'HOST:PORT for /livez, /readyz and /metrics' },
  prefix,
  'agent-image': agentImage,
  'allow-image': allowImage,
  'allowed-host-paths': allowedHostPaths,
  'allowed-devices': allowedDevices,
  'allowed-device-resources': allowedResources,
  'allowed-resource-claims': allowedClaims,
  'excluded-namespaces': excludedNamespaces,
  'annotated-only': {
    value: 'false',
    meaning: 'true: the webhook is asked only about Pods with an annotation of ours, and no other was missed',
  },
  repair: { value: 'off', meaning: 'evict: replace Pods that were missed, through the Eviction API; off: only tell' },
  'repair-percent': { value: '10', meaning: 'how many of the Pods may be replaced in 10 minutes, at least one' },
  'repair-minimum-age-seconds': { value: '60', meaning: 'how old a Pod must be to be replaced' },
  hardware: {
    value: 'dry-run',
    meaning: 'move: Pods whose hardware check fails leave their node; dry-run: only say so; off: not even that',
  },
  'hardware-scope': {
    value: 'owner',
    meaning: 'who is kept off a sick node: the owner of the Pod that failed, or by a taint everybody: node',
  },
  'hardware-stable-seconds': { value: '1', meaning: 'how long a Pod must have been not ready' },
  'hardware-minimum-age-seconds': { value: '30', meaning: 'how old a Pod must be to be moved' },
  'hardware-brake-percent': {
    value: '10',
    meaning: 'of all nodes, how many may be quarantined in the minutes of the brake, at least one',
  },
  'hardware-brake-minutes': { value: '10', meaning: 'the minutes of the brake' },
  'hardware-moves-per-owner': { value: '2', meaning: 'how many Pods of one owner may be moved in 30 minutes' },
  'hardware-quarantine-minutes': { value: '1440', meaning: 'how long a node is quarantined, 30 at least' },
  'hardware-release-minutes': {
    value: '60',
    meaning: 'how long a Pod that failed before its node was released by hand is left there, 60 at most',
  },
  'hardware-pending-seconds': {
    value: '60',
    meaning: 'how long a replacement may wait for a node before a sick one will do',
  },
  'webhook-service': { value: 'health-injector', meaning: "the webhook's Service, in the namespace of the Lease" },
  'lease-namespace': { value: '', meaning: 'namespace of the Lease of the leader; without it, lead without a Lease' },
  kubeconfig: { value: 'false', meaning: "true: speak to the cluster of the kubeconfig's current context" },
  'log-level': logLevel,
  'log-level-file': logLevelFile,
} as const;

/** Reads flags, then environment variables, then defaults; the list holds one sentence for every mistake. */
export function readControllerSettings(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ControllerSettings | string[] {
  const reader = createSettingReader(controllerRows, args, env);
  const { get, read, flag, mistakes } = reader;
  if (mistakes.length > 0) return mistakes;
  const settings: ControllerSettings = {
    ...read('listen', parseListen, 'HOST:PORT such as 127.0.0.1:8080', { host: '', port: 0 }),
    prefix: read('prefix', parsePrefix, 'a DNS name and a slash', ''),
    agentImage: get('agent-image'),
    allowImage: flag('allow-image'),
    allowed: readAllowed(read),
    excludedNamespaces: new Set(get('excluded-namespaces').split(',')),
    annotatedOnly: flag('annotated-only'),
    repair: read('repair', oneOf('off', 'evict'), 'off or evict', 'off'),
    repairPercent: read('repair-percent', wholeNumber(1, 100), 'a whole number from 1 to 100', 1),
    repairMinimumAgeMs: read('repair-minimum-age-seconds', parseSeconds, 'a count of seconds', 0),
    hardware: readHardware(reader),
    webhookService: get('webhook-service'),
    namespace: get('lease-namespace'),
    kubeconfig: flag('kubeconfig'),
    logLevel: read('log-level', parseLevel, logLevel.meaning, ''),
    logLevelFile: get('log-level-file'),
  };
  return mistakes.length > 0 ? mistakes : settings;
}

const ownerWindowMinutes = 30;

function readHardware({ read }: SettingReader<keyof typeof controllerRows>): HardwareSettings | undefined {
  const mode = read('hardware', oneOf('off', 'dry-run', 'move'), 'off, dry-run or move', 'off');
  const scope = read('hardware-scope', oneOf('owner', 'node'), 'owner or node', 'owner');
  const brakeMinutes = read('hardware-brake-minutes', wholeNumber(1, 1_440), 'whole minutes from 1 to 1440', 1);
  const least = Math.max(ownerWindowMinutes, brakeMinutes);
  const settings: Omit<HardwareSettings, 'mode'> = {
    scope: scope === 'node' ? 'Node' : 'Owner',
    stableMs: read('hardware-stable-seconds', parseSeconds, 'a count of seconds', 0),
    minimumAgeMs: read('hardware-minimum-age-seconds', parseSeconds, 'a count of seconds', 0),
    percent: read('hardware-brake-percent', wholeNumber(1, 100), 'a whole number from 1 to 100', 1),
    windowMs: brakeMinutes * 60_000,
    mostPerOwner: read('hardware-moves-per-owner', wholeNumber(1, 256), 'a whole number from 1 to 256', 1),
    ownerWindowMs: ownerWindowMinutes * 60_000,
    // The brake and the cap are counted by what stands in the quarantines.
    ttlMs:
      60_000 *
      read('hardware-quarantine-minutes', wholeNumber(least, 99_999), `whole minutes from ${least} to 99999`, least),
    byHandMs: 60_000 * read('hardware-release-minutes', wholeNumber(0, 60), 'whole minutes from 0 to 60', 0),
    softenMs: read('hardware-pending-seconds', parseSeconds, 'a count of seconds', 0),
  };
  return mode === 'off' ? undefined : { ...settings, mode };
}

const oneOf =
  <Word extends string>(...words: readonly Word[]) =>
  (text: string): Word | undefined =>
    words.find((word) => word === text);

/** Digits without a sign, a point or a leading zero. */
const wholeNumber =
  (least: number, most: number) =>
  (text: string): number | undefined =>
    /^(0|[1-9]\d{0,5})$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined;

const parseSeconds = (text: string): number | undefined => (/^\d{1,6}$/.test(text) ? Number(text) * 1_000 : undefined);
