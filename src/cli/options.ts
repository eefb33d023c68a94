import { injectionOptions, injectionSettings } from '../config/injection.ts';
import { readOptions } from '../config/options.ts';
import { type CommandOption, type CommandOptions, type Terminal, UserError, type Values, exitCode } from './command.ts';

/** The flags that say what a command works on. */
export const inputOptions = {
  file: {
    type: 'string',
    short: 'f',
    multiple: true,
    value: 'FILE',
    meaning: 'a manifest, a folder of manifests, or - for standard input; the same as FILE without the flag',
  },
} as const satisfies CommandOptions;

/** The flag of the commands that can write what they read. */
export const inPlaceOption = {
  type: 'boolean',
  short: 'i',
  meaning: 'write the files rather than standard output',
} as const satisfies CommandOption;

/** The flags that say which cluster is asked. */
export const clusterOptions = {
  kubeconfig: { type: 'string', value: 'FILE', meaning: 'which clusters there are ($KUBECONFIG, ~/.kube/config)' },
  context: { type: 'string', value: 'NAME', meaning: 'which of them is asked (the current one)' },
} as const satisfies CommandOptions;

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
  'kubernetes-version': setting('kubernetes-version', 'VERSION'),
  'feature-gates': setting('feature-gates', 'GATES'),
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
} as const satisfies CommandOptions;

function setting(name: keyof typeof injectionOptions, value: string) {
  const { doc, default: byDefault } = injectionOptions[name];
  return { type: 'string', value, meaning: `${doc} (${byDefault || 'none'})` } as const satisfies CommandOption;
}

/** What injection goes by, and where its policies are: empty for none. */
export type InjectionSettings = ReturnType<typeof injectionSettings> & { readonly policies: string };

/** Reads these flags, then the environment variables of the webhook. */
export function readSettingOptions(values: Values<typeof settingOptions>, env: Terminal['env']): InjectionSettings {
  const given = { ...values, 'allow-image': values['allow-image'] === true ? 'true' : undefined };
  const read = readOptions(injectionOptions, given, env);
  if ('problems' in read) throw new UserError(exitCode.usage, read.problems);
  return { ...injectionSettings(read.values), policies: values.policies ?? '' };
}
