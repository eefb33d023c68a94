import { readCommandLine } from './command-line.ts';
import { injectionOptions, injectionSettings } from './injection.ts';
import { logOptions } from './log.ts';
import {
  type OptionResult,
  type OptionValues,
  defineOptions,
  hostPort,
  listOf,
  noneOr,
  oneOf,
  seconds,
  text,
  trueOrFalse,
} from './options.ts';

/** The options of the webhook. */
export const webhookOptions = defineOptions({
  listen: { default: '127.0.0.1:8443', parse: hostPort('127.0.0.1:8443'), doc: 'HOST:PORT to listen on' },
  'certificate-source': {
    default: '',
    parse: oneOf(['', 'development', 'files', 'secret', 'cert-manager'], 'secret, cert-manager, files or development'),
    doc: 'secret: made and renewed in a Secret; cert-manager: from its Secret; files; without it, development on loopback',
  },
  'certificate-directory': {
    default: '',
    parse: text,
    doc: 'folder with tls.crt and tls.key; makes the source files',
  },
  'certificate-secret': {
    default: 'health-injector-certificate',
    parse: text,
    doc: 'name of the Secret of the certificate',
  },
  namespace: { default: '', parse: text, doc: 'namespace of the Secret and of the Service' },
  service: { default: 'health-injector', parse: text, doc: 'name of the Service, which the certificate is for' },
  'webhook-configuration': {
    default: 'health-injector',
    parse: text,
    doc: 'name of the MutatingWebhookConfiguration whose caBundle is kept',
  },
  ...injectionOptions,
  policies: {
    default: '',
    parse: text,
    doc: 'cluster: the HealthPolicies and namespaces of the cluster; or a file or folder with such manifests',
  },
  strict: {
    default: 'false',
    parse: trueOrFalse,
    doc: 'deny a Pod whose annotations are wrong, rather than admit it unchanged',
  },
  'client-ca': {
    default: '',
    parse: text,
    doc: 'file with the CA of the client certificate that /mutate then asks the apiserver for',
  },
  'client-names': {
    default: '',
    parse: listOf(/^/, 'a comma list of names'),
    doc: 'comma list of names, one of which that certificate must have',
  },
  ...logOptions,
  playground: {
    default: '',
    parse: noneOr(hostPort('127.0.0.1:8480')),
    doc: 'HOST:PORT of loopback at which the playground is served over HTTP, as npm start does',
  },
  'drain-seconds': { default: '5', parse: seconds(3), doc: 'how long to go on answering after SIGTERM' },
});

/** The settings of the webhook: read once, fixed for the life of the process. */
export type WebhookSettings = ReturnType<typeof settingsOf>;

/** Reads flags, then environment variables, then defaults. */
export function readWebhookSettings(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): OptionResult<WebhookSettings> {
  const read = readCommandLine(webhookOptions, args, env);
  if ('problems' in read) return read;
  const problems = contradictionsOf(read.values);
  return problems.length > 0 ? { problems } : { values: settingsOf(read.values) };
}

type Values = OptionValues<typeof webhookOptions>;

const settingsOf = (values: Values) => ({
  ...injectionSettings(values),
  ...values.listen,
  certificateSource: certificateSourceOf(values),
  certificateDirectory: values.certificateDirectory,
  certificateSecret: values.certificateSecret,
  /** Where the Secret and the Service are. */
  namespace: values.namespace,
  service: values.service,
  webhookConfiguration: values.webhookConfiguration,
  /** `cluster`, a path, or empty for none. */
  policies: values.policies,
  strict: values.strict,
  /** Empty: the webhook asks no client for a certificate. */
  clientCa: values.clientCa,
  /** Empty: any client that the CA signed. */
  clientNames: values.clientNames.filter(Boolean),
  logLevel: values.logLevel,
  /** Empty: the level stays. */
  logLevelFile: values.logLevelFile,
  /** Undefined: there is no playground. */
  playground: values.playground === '' ? undefined : values.playground,
  drainMs: values.drainSeconds * 1_000,
});

const certificateSourceOf = ({ certificateSource, certificateDirectory }: Values) =>
  certificateSource || (certificateDirectory === '' ? 'development' : 'files');

/** What options say against each other. */
function contradictionsOf(values: Values): readonly string[] {
  const problems: string[] = [];
  const source = certificateSourceOf(values);
  if (source === 'development' && !isLoopback(values.listen.host)) {
    problems.push('--certificate-source is missing: development certificates are for loopback only.');
  }
  if (source === 'files' && values.certificateDirectory === '') {
    problems.push('--certificate-directory is missing, the folder of the files.');
  }
  if ((source === 'secret' || source === 'cert-manager') && values.namespace === '') {
    problems.push('--namespace is missing, where the Secret of the certificate is.');
  }
  if (values.clientNames.some(Boolean) && values.clientCa === '') {
    problems.push('--client-names is given without --client-ca, which says who may sign such names.');
  }
  if (values.playground !== '' && !isLoopback(values.playground.host)) {
    problems.push(`--playground is on ${values.playground.host}, expected an address of loopback.`);
  }
  return problems;
}

const isLoopback = (host: string): boolean => /^(127\.|localhost$|::1$|$)/.test(host);
