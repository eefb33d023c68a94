import { createSettingReader } from '../setting.ts';
import type { Allowed } from '../health/reading-context.ts';
import { parseListen, parsePrefix, readAllowed, settingRows as webhookRows } from '../settings.ts';

/** The settings of the controller: read once, fixed for its life. */
export type ControllerSettings = {
  readonly host: string;
  readonly port: number;
  readonly prefix: string;
  readonly agentImage: string;
  readonly allowImage: boolean;
  readonly allowed: Allowed;
  readonly excludedNamespaces: ReadonlySet<string>;
  readonly repair: 'off' | 'evict';
  readonly repairPercent: number;
  readonly repairMinimumAgeMs: number;
  /** Where the Lease is; empty: lead without one. */
  readonly namespace: string;
  readonly kubeconfig: boolean;
  readonly logLevel: string;
};

const { prefix, 'agent-image': agentImage, 'allow-image': allowImage } = webhookRows;
const { 'allowed-host-paths': allowedHostPaths, 'allowed-devices': allowedDevices } = webhookRows;
const { 'allowed-device-resources': allowedResources, 'allowed-resource-claims': allowedClaims } = webhookRows;
const { 'excluded-namespaces': excludedNamespaces, 'log-level': logLevel } = webhookRows;

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
  repair: { value: 'off', meaning: 'evict: replace Pods that were missed, through the Eviction API; off: only tell' },
  'repair-percent': { value: '10', meaning: 'how many of the Pods may be replaced in 10 minutes, at least one' },
  'repair-minimum-age-seconds': { value: '60', meaning: 'how old a Pod must be to be replaced' },
  'lease-namespace': { value: '', meaning: 'namespace of the Lease of the leader; without it, lead without a Lease' },
  kubeconfig: { value: 'false', meaning: "true: speak to the cluster of the kubeconfig's current context" },
  'log-level': logLevel,
} as const;

/** Reads flags, then environment variables, then defaults; the list holds one sentence for every mistake. */
export function readControllerSettings(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ControllerSettings | string[] {
  const { get, read, flag, mistakes } = createSettingReader(controllerRows, args, env);
  if (mistakes.length > 0) return mistakes;
  const settings: ControllerSettings = {
    ...read('listen', parseListen, 'HOST:PORT such as 127.0.0.1:8080', { host: '', port: 0 }),
    prefix: read('prefix', parsePrefix, 'a DNS name and a slash', ''),
    agentImage: get('agent-image'),
    allowImage: flag('allow-image'),
    allowed: readAllowed(read),
    excludedNamespaces: new Set(get('excluded-namespaces').split(',')),
    repair: read('repair', (text) => (text === 'off' || text === 'evict' ? text : undefined), 'off or evict', 'off'),
    repairPercent: read('repair-percent', parsePercent, 'a whole number from 1 to 100', 1),
    repairMinimumAgeMs: read('repair-minimum-age-seconds', parseSeconds, 'a count of seconds', 0),
    namespace: get('lease-namespace'),
    kubeconfig: flag('kubeconfig'),
    logLevel: get('log-level'),
  };
  return mistakes.length > 0 ? mistakes : settings;
}

const parseSeconds = (text: string): number | undefined => (/^\d{1,6}$/.test(text) ? Number(text) * 1_000 : undefined);

const parsePercent = (text: string): number | undefined => (/^[1-9]\d?$|^100$/.test(text) ? Number(text) : undefined);
