import { variable } from '../setting.ts';
import { type Settings, readSettings, settingRows } from '../settings.ts';
import { type Option, type Options, type Terminal, UserError, type Values, exitCode } from './command.ts';

/** The flags that say what a command works on. */
export const inputOptions = {
  file: {
    type: 'string',
    short: 'f',
    multiple: true,
    value: 'FILE',
    meaning: 'a manifest, a folder of manifests, or - for standard input; the same as FILE without the flag',
  },
} as const satisfies Options;

/** The flag of the commands that can write what they read. */
export const inPlaceOption = {
  type: 'boolean',
  short: 'i',
  meaning: 'write the files rather than standard output',
} as const satisfies Option;

/** The flags that say which cluster is asked. */
export const clusterOptions = {
  kubeconfig: { type: 'string', value: 'FILE', meaning: 'which clusters there are ($KUBECONFIG, ~/.kube/config)' },
  context: { type: 'string', value: 'NAME', meaning: 'which of them is asked (the current one)' },
} as const satisfies Options;

/** The flags that say how the webhook is set up for which a command speaks. */
export const settingOptions = {
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAMESPACE',
    meaning: 'where objects are that name no namespace',
  },
  prefix: setting('prefix', 'PREFIX/'),
  'agent-image': setting('agent-image', 'IMAGE'),
  'allow-image': { type: 'boolean', meaning: 'honour the annotation image' },
  'allowed-host-paths': setting('allowed-host-paths', 'PATHS'),
  'allowed-devices': setting('allowed-devices', 'PATHS'),
  'allowed-device-resources': setting('allowed-device-resources', 'NAMES'),
  'allowed-resource-claims': setting('allowed-resource-claims', 'NAMES'),
  policies: {
    type: 'string',
    value: 'FILE',
    meaning: 'a file or folder with HealthPolicies and Namespaces to go by besides the annotations',
  },
} as const satisfies Options;

/** The settings of hardware, which have no default but none. */
const allowed = [
  'allowed-host-paths',
  'allowed-devices',
  'allowed-device-resources',
  'allowed-resource-claims',
] as const;

function setting<N extends 'prefix' | 'agent-image' | (typeof allowed)[number]>(name: N, value: string) {
  const { meaning, value: otherwise } = settingRows[name];
  return { type: 'string', value, meaning: `${meaning} (${otherwise || 'none'})` } as const satisfies Option;
}

/** Reads these flags, then the environment variables of the webhook. */
export function readSettingOptions(values: Values<typeof settingOptions>, env: Terminal['env']): Settings {
  const given = Object.entries({
    prefix: values.prefix,
    'agent-image': values['agent-image'],
    'allow-image': values['allow-image'] === true ? 'true' : undefined,
    policies: values.policies,
    ...Object.fromEntries(allowed.map((name) => [name, values[name]])),
  });
  const names = ['prefix', 'agent-image', 'allow-image', 'excluded-namespaces', ...allowed];
  const variables = names.map(variable);
  const settings = readSettings(
    given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
    Object.fromEntries(variables.map((name) => [name, env[name]])),
  );
  if (Array.isArray(settings)) throw new UserError(exitCode.usage, settings);
  return settings;
}
