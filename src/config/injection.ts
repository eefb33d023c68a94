import { longestPauseMs, parsePause } from '../hold/pause.ts';
import { parseRestartBudget, restartBudgetExpected } from '../hold/settings.ts';
import {
  type OptionValues,
  defineOptions,
  keyPrefix,
  kubernetesVersion,
  listOf,
  oneOf,
  parser,
  text,
  trueOrFalse,
} from './options.ts';

const paths = 'a comma list of absolute paths';
const names = 'a comma list of names';

/** The options that decide what is injected; webhook, controller and command line must have the same values. */
export const injectionOptions = defineOptions({
  prefix: { default: 'health.example.com/', parse: keyPrefix, doc: 'what every annotation key begins with' },
  'agent-image': {
    default: 'ghcr.io/health-injector/health-probe:0.1.0',
    parse: text,
    doc: 'the image that is injected',
  },
  'run-as-user': {
    default: 'auto',
    parse: oneOf(['auto', 'none'], 'auto or none'),
    doc: 'auto: the uid of the agent image, but none where the namespace has a range of its own (OpenShift); none: never one',
  },
  'kubernetes-version': {
    default: 'auto',
    parse: kubernetesVersion,
    doc: 'auto: that of the apiserver, and without one the newest; or such as 1.33',
  },
  'feature-gates': {
    default: '',
    parse: listOf(
      /^(ImageVolume|PodLevelResources|PodLevelResourcesFixDefaulting)=(true|false)$/,
      'a comma list such as ImageVolume=true',
    ),
    doc: 'comma list of the gates ImageVolume, PodLevelResources and PodLevelResourcesFixDefaulting of Kubernetes that are set other than its version has them',
  },
  'allow-image': { default: 'false', parse: trueOrFalse, doc: 'whether the annotation image is honoured' },
  'allowed-host-paths': {
    default: '',
    parse: listOf(/^\/[^,\s]*$/, paths),
    doc: 'comma list of folders of the node, with all below, that the annotation host-paths may name',
  },
  'allowed-devices': {
    default: '',
    parse: listOf(/^\/dev(\/[^,\s]*)?$/, `${paths} under /dev`),
    doc: 'comma list of paths under /dev that the annotation devices may name',
  },
  'allowed-device-resources': {
    default: '',
    parse: listOf(/^[\w./-]+$/, names),
    doc: 'comma list of extended resources that the annotation device-resource may name',
  },
  'allowed-resource-claims': {
    default: '',
    parse: listOf(/^[\w./-]+$/, names),
    doc: 'comma list of claims of Pods that the annotation resource-claim may name',
  },
  'max-pause': {
    default: '1h',
    parse: parser('0, or a duration such as 1h, of 24h at most', (given) => {
      const maxPauseMs = given === '0' ? 0 : parsePause(given);
      return maxPauseMs !== undefined && maxPauseMs <= longestPauseMs ? maxPauseMs : undefined;
    }),
    doc: 'how long the annotation pause may hold the liveness of a Pod; 0: not at all',
  },
  'restart-budget': {
    default: '25%',
    parse: parser(restartBudgetExpected, parseRestartBudget),
    doc: "of an owner's Pods, how many our liveness may restart in ten minutes, at least one; off: all of them",
  },
  'excluded-namespaces': {
    default: 'kube-system,kube-node-lease',
    parse: listOf(/^/, names),
    doc: 'comma list of namespaces that are left alone',
  },
});

/** What injection goes by, of these values. */
export const injectionSettings = ({
  prefix,
  agentImage,
  runAsUser,
  allowImage,
  kubernetesVersion: version,
  featureGates,
  excludedNamespaces,
  maxPause,
  restartBudget,
  allowedHostPaths: hostPaths,
  allowedDevices: devices,
  allowedDeviceResources: deviceResources,
  allowedResourceClaims: resourceClaims,
}: OptionValues<typeof injectionOptions>) => ({
  prefix,
  agentImage,
  leaveUid: runAsUser === 'none',
  kubernetes: {
    minor: version === 'auto' ? undefined : version,
    gates: new Map(featureGates.map((gate) => [gate.replace(/=.*/, ''), gate.endsWith('=true')])),
  },
  allowImage,
  holds: { maxPauseMs: maxPause, restartBudgetPercent: restartBudget },
  allowed: { hostPaths, devices, deviceResources, resourceClaims },
  excludedNamespaces: new Set(excludedNamespaces),
});
