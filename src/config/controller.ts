import { readCommandLine } from './command-line.ts';
import { injectionOptions, injectionSettings } from './injection.ts';
import { logOptions } from './log.ts';
import {
  type OptionResult,
  type OptionValues,
  defineOptions,
  hostPort,
  oneOf,
  parser,
  seconds,
  text,
  trueOrFalse,
  wholeNumber,
} from './options.ts';

const longestMinutes = 99_999;
/** The cap of moves counts this long back, by what stands in the quarantines. */
const ownerWindowMinutes = 30;
/** The key of a label, or nothing. */
const labelKey = parser('a key of a label, or nothing', (given) =>
  given === '' || (given.length <= 317 && /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(given))
    ? given
    : undefined,
);
const quarantineMinutes = (least: number) => wholeNumber(least, longestMinutes, 'whole minutes');

/** The options of the controller. */
export const controllerOptions = defineOptions({
  listen: {
    default: '127.0.0.1:8080',
    parse: hostPort('127.0.0.1:8080'),
    doc: 'HOST:PORT for /livez, /readyz and /metrics',
  },
  ...injectionOptions,
  'annotated-only': {
    default: 'false',
    parse: trueOrFalse,
    doc: 'true: the webhook is asked only about Pods with an annotation of ours, and no other was missed',
  },
  repair: {
    default: 'off',
    parse: oneOf(['off', 'evict'], 'off or evict'),
    doc: 'evict: replace Pods that were missed, through the Eviction API; off: only tell',
  },
  'repair-percent': {
    default: '10',
    parse: wholeNumber(1, 100),
    doc: 'how many of the Pods may be replaced in 10 minutes, at least one',
  },
  'repair-minimum-age-seconds': {
    default: '60',
    parse: seconds(6),
    doc: 'how old a Pod must be to be replaced',
  },
  hardware: {
    default: 'dry-run',
    parse: oneOf(['off', 'dry-run', 'move'], 'off, dry-run or move'),
    doc: 'move: Pods whose hardware check fails leave their node; dry-run: only say so; off: not even that',
  },
  'hardware-scope': {
    default: 'owner',
    parse: oneOf(['owner', 'node'], 'owner or node'),
    doc: 'who is kept off a sick node: the owner of the Pod that failed, or by a taint everybody: node',
  },
  'hardware-devices': {
    default: 'node',
    parse: oneOf(['node', 'taint'], 'node or taint'),
    doc: 'what a sick device of DRA leads to: its node is quarantined, or from 1.37 on the device alone is tainted, with scope owner',
  },
  'hardware-stable-seconds': {
    default: '1',
    parse: seconds(6),
    doc: 'how long a Pod must have been not ready',
  },
  'hardware-minimum-age-seconds': { default: '30', parse: seconds(6), doc: 'how old a Pod must be to be moved' },
  'hardware-brake-percent': {
    default: '10',
    parse: wholeNumber(1, 100),
    doc: 'of all nodes, how many may be quarantined in the minutes of the brake, at least one',
  },
  'hardware-brake-minutes': {
    default: '10',
    parse: wholeNumber(1, 1_440, 'whole minutes'),
    doc: 'the minutes of the brake',
  },
  'hardware-brake-pool-label': {
    default: '',
    parse: labelKey,
    doc: 'label of nodes whose values are pools with a brake each, such as cloud.google.com/gke-nodepool; none: one brake for all nodes',
  },
  'hardware-moves-per-owner': {
    default: '2',
    parse: wholeNumber(1, 256),
    doc: 'how many Pods of one owner may be moved in 30 minutes',
  },
  'hardware-quarantine-minutes': {
    default: '1440',
    parse: quarantineMinutes(ownerWindowMinutes),
    doc: 'how long a node is quarantined, 30 at least',
  },
  'hardware-release-minutes': {
    default: '60',
    parse: wholeNumber(0, 60, 'whole minutes'),
    doc: 'how long a Pod that failed before its node was released by hand is left there, 60 at most',
  },
  'hardware-pending-seconds': {
    default: '60',
    parse: seconds(6),
    doc: 'how long a replacement may wait for a node before a sick one will do',
  },
  'hardware-degraded-namespaces': {
    default: '0',
    parse: wholeNumber(0, 64),
    doc: 'of how many namespaces Pods must have failed on a node before it gets the condition HardwareDegraded; 0: never',
  },
  'webhook-service': {
    default: 'health-injector',
    parse: text,
    doc: "the webhook's Service, in the namespace of the Lease",
  },
  'lease-namespace': {
    default: '',
    parse: text,
    doc: 'namespace of the Lease of the leader; without it, lead without a Lease',
  },
  kubeconfig: {
    default: 'false',
    parse: trueOrFalse,
    doc: "true: speak to the cluster of the kubeconfig's current context",
  },
  ...logOptions,
});

/** The settings of the controller: read once, fixed for the life of the process. */
export type ControllerSettings = ReturnType<typeof settingsOf>;

/** Reads flags, then environment variables, then defaults. */
export function readControllerSettings(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): OptionResult<ControllerSettings> {
  const read = readCommandLine(controllerOptions, args, env);
  if ('problems' in read) return read;
  const { hardwareQuarantineMinutes: minutes, hardwareBrakeMinutes: brakeMinutes } = read.values;
  if (minutes >= brakeMinutes) return { values: settingsOf(read.values) };
  // The brake is counted by what stands in the quarantines.
  const { expected } = quarantineMinutes(brakeMinutes);
  return { problems: [`--hardware-quarantine-minutes is "${minutes}", expected ${expected}.`] };
}

type Values = OptionValues<typeof controllerOptions>;

const settingsOf = (values: Values) => ({
  ...injectionSettings(values),
  ...values.listen,
  /** Whether the webhook is asked about no Pod without an annotation: none of those was missed. */
  annotatedOnly: values.annotatedOnly,
  repair: values.repair,
  repairPercent: values.repairPercent,
  repairMinimumAgeMs: values.repairMinimumAgeSeconds * 1_000,
  /** Undefined: nothing is said or done about hardware. */
  hardware: values.hardware === 'off' ? undefined : hardwareSettings(values, values.hardware),
  /** The Service of the webhook, whose replicas acknowledge quarantines. */
  webhookService: values.webhookService,
  /** Where the Lease is; empty: lead without one. */
  namespace: values.leaseNamespace,
  kubeconfig: values.kubeconfig,
  logLevel: values.logLevel,
  /** Empty: the level stays. */
  logLevelFile: values.logLevelFile,
});

const hardwareSettings = (values: Values, mode: 'dry-run' | 'move') => ({
  mode,
  scope: values.hardwareScope === 'node' ? ('Node' as const) : ('Owner' as const),
  // A taint keeps everybody off the node, and so off all its devices.
  taintsDevices: values.hardwareDevices === 'taint' && values.hardwareScope === 'owner',
  stableMs: values.hardwareStableSeconds * 1_000,
  minimumAgeMs: values.hardwareMinimumAgeSeconds * 1_000,
  poolLabel: values.hardwareBrakePoolLabel,
  percent: values.hardwareBrakePercent,
  windowMs: values.hardwareBrakeMinutes * 60_000,
  mostPerOwner: values.hardwareMovesPerOwner,
  ownerWindowMs: ownerWindowMinutes * 60_000,
  ttlMs: values.hardwareQuarantineMinutes * 60_000,
  byHandMs: values.hardwareReleaseMinutes * 60_000,
  softenMs: values.hardwarePendingSeconds * 1_000,
  degradedNamespaces: values.hardwareDegradedNamespaces,
});
