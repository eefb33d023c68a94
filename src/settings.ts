import manifest from '../package.json' with { type: 'json' };
import type { Allowed } from './health/reading-context.ts';
import { type SettingReader, createSettingReader } from './setting.ts';

const sources = ['development', 'files', 'secret', 'cert-manager'] as const;

/** The settings of the process: read once, fixed for its life. */
export type Settings = {
  readonly host: string;
  readonly port: number;
  readonly certificateSource: (typeof sources)[number];
  readonly certificateDirectory: string;
  readonly certificateSecret: string;
  /** Where the Secret and the Service are. */
  readonly namespace: string;
  readonly service: string;
  readonly webhookConfiguration: string;
  readonly prefix: string;
  readonly agentImage: string;
  readonly allowImage: boolean;
  readonly allowed: Allowed;
  readonly excludedNamespaces: ReadonlySet<string>;
  /** `cluster`, a path, or empty for none. */
  readonly policies: string;
  readonly strict: boolean;
  /** Empty: nobody is asked for a client certificate. */
  readonly clientCa: string;
  /** Empty: whoever the CA signed. */
  readonly clientNames: readonly string[];
  readonly logLevel: string;
  /** Empty: the level stays. */
  readonly logLevelFile: string;
  readonly drainMs: number;
};

/** Every setting: a flag, the environment variable of the same name, its default and one line of meaning. */
export const settingRows = {
  listen: { value: '127.0.0.1:8443', meaning: 'HOST:PORT to listen on' },
  'certificate-source': {
    value: '',
    meaning:
      'secret: made and renewed in a Secret; cert-manager: from its Secret; files; without it, development on loopback',
  },
  'certificate-directory': { value: '', meaning: 'folder with tls.crt and tls.key; makes the source files' },
  'certificate-secret': { value: 'health-injector-certificate', meaning: 'name of the Secret of the certificate' },
  namespace: { value: '', meaning: 'namespace of the Secret and of the Service' },
  service: { value: 'health-injector', meaning: 'name of the Service, which the certificate is for' },
  'webhook-configuration': {
    value: 'health-injector',
    meaning: 'name of the MutatingWebhookConfiguration whose caBundle is kept',
  },
  prefix: { value: 'health.example.com/', meaning: 'what every annotation key begins with' },
  'agent-image': { value: 'ghcr.io/health-injector/health-probe:0.1.0', meaning: 'the image that is injected' },
  'allow-image': { value: 'false', meaning: 'whether the annotation image is honoured' },
  'allowed-host-paths': {
    value: '',
    meaning: 'comma list of folders of the node, with all below, that the annotation host-paths may name',
  },
  'allowed-devices': { value: '', meaning: 'comma list of paths under /dev that the annotation devices may name' },
  'allowed-device-resources': {
    value: '',
    meaning: 'comma list of extended resources that the annotation device-resource may name',
  },
  'allowed-resource-claims': {
    value: '',
    meaning: 'comma list of claims of Pods that the annotation resource-claim may name',
  },
  'excluded-namespaces': {
    value: 'kube-system,kube-node-lease',
    meaning: 'comma list of namespaces that are left alone',
  },
  policies: {
    value: '',
    meaning: 'cluster: the HealthPolicies and namespaces of the cluster; or a file or folder with such manifests',
  },
  strict: { value: 'false', meaning: 'deny a Pod whose annotations are wrong, rather than admit it unchanged' },
  'client-ca': {
    value: '',
    meaning: 'file with the CA of the client certificate that /mutate then asks the apiserver for',
  },
  'client-names': { value: '', meaning: 'comma list of names, one of which that certificate must have' },
  'log-level': { value: 'info', meaning: 'debug, info, warn, error or silent' },
  'log-level-file': { value: '', meaning: 'file whose text is the log level while the process runs' },
  'drain-seconds': { value: '5', meaning: 'how long to go on answering after SIGTERM' },
} as const;

/** Reads flags, then environment variables, then defaults; the list holds one sentence for every mistake. */
export function readSettings(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Settings | string[] {
  const { get, read, flag, mistakes } = createSettingReader(settingRows, args, env);
  // Where a flag is unknown, what it was meant for is not known either.
  if (mistakes.length > 0) return mistakes;
  const address = read('listen', parseListen, 'HOST:PORT such as 127.0.0.1:8443', { host: '', port: 0 });
  const certificateDirectory = get('certificate-directory');
  const certificateSource = read(
    'certificate-source',
    (text) => sources.find((source) => source === (text || (certificateDirectory ? 'files' : 'development'))),
    'secret, cert-manager, files or development',
    'files',
  );
  const namespace = get('namespace');
  if (certificateSource === 'development' && !/^(127\.|localhost$|::1$|$)/.test(address.host)) {
    mistakes.push('--certificate-source is missing: development certificates are for loopback only.');
  }
  if (get('certificate-source') === 'files' && certificateDirectory === '') {
    mistakes.push('--certificate-directory is missing, the folder of the files.');
  }
  if ((certificateSource === 'secret' || certificateSource === 'cert-manager') && namespace === '') {
    mistakes.push('--namespace is missing, where the Secret of the certificate is.');
  }
  const clientNames = get('client-names').split(',').filter(Boolean);
  if (clientNames.length > 0 && get('client-ca') === '') {
    mistakes.push('--client-names is given without --client-ca, which says who may sign such names.');
  }
  const settings: Settings = {
    ...address,
    certificateSource,
    certificateDirectory,
    certificateSecret: get('certificate-secret'),
    namespace,
    service: get('service'),
    webhookConfiguration: get('webhook-configuration'),
    prefix: read('prefix', parsePrefix, 'a DNS name and a slash', ''),
    agentImage: get('agent-image'),
    allowImage: flag('allow-image'),
    allowed: readAllowed(read),
    excludedNamespaces: new Set(get('excluded-namespaces').split(',')),
    policies: get('policies'),
    strict: flag('strict'),
    clientCa: get('client-ca'),
    clientNames,
    logLevel: read('log-level', parseLevel, settingRows['log-level'].meaning, ''),
    logLevelFile: get('log-level-file'),
    drainMs: read(
      'drain-seconds',
      (text) => (/^\d{1,3}$/.test(text) ? Number(text) * 1_000 : undefined),
      'a count of seconds',
      0,
    ),
  };
  return mistakes.length > 0 ? mistakes : settings;
}

/** Reads what of a node the administrator lets an annotation name. */
export function readAllowed(
  read: SettingReader<`allowed-${'host-paths' | 'devices' | 'device-resources' | 'resource-claims'}`>['read'],
): Allowed {
  const paths = 'a comma list of absolute paths';
  const names = 'a comma list of names';
  return {
    hostPaths: read('allowed-host-paths', listOf(/^\/[^,\s]*$/), paths, []),
    devices: read('allowed-devices', listOf(/^\/dev(\/[^,\s]*)?$/), `${paths} under /dev`, []),
    deviceResources: read('allowed-device-resources', listOf(/^[\w./-]+$/), names, []),
    resourceClaims: read('allowed-resource-claims', listOf(/^[\w./-]+$/), names, []),
  };
}

const listOf =
  (item: RegExp) =>
  (text: string): readonly string[] | undefined => {
    const list = text.split(',').map((part) => part.trim());
    if (text === '') return [];
    return list.every((part) => item.test(part)) ? list : undefined;
  };

/** Reads HOST:PORT, the host of an IPv6 address in brackets. */
export function parseListen(text: string): { host: string; port: number } | undefined {
  const [, host, port] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  return host === undefined || Number(port) > 65_535
    ? undefined
    : { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/** Reads the name of a level of the log. */
export const parseLevel = (text: string): string | undefined =>
  /^(debug|info|warn|error|silent)$/.test(text) ? text : undefined;

/** Reads what every annotation key begins with. */
export const parsePrefix = (text: string): string | undefined => (/^[a-z0-9.-]+\/$/.test(text) ? text : undefined);

/** The version of this program, from package.json. */
export const version: string = manifest.version;
