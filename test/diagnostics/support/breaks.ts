import { issueAuthority } from '../../../src/certificates/pki.ts';
import { authority, now, prefix, served, serviceName } from './sound-facts.ts';

/** What is broken in the facts of a sound installation, by the diagnostic that finds it, and how bad it is. */
type Break = { readonly status: 'warning' | 'failed'; readonly mode?: 'pre'; readonly change: (facts: Broken) => void };

/** The values of the reads, which a break changes in place. */
type Broken = { readonly about: any; readonly of: any };

const fails = (change: Break['change'], mode?: 'pre'): Break => ({ status: 'failed', change, ...(mode && { mode }) });
const warns = (change: Break['change'], mode?: 'pre'): Break => ({ status: 'warning', change, ...(mode && { mode }) });

const entries = ({ of }: Broken): any[] => of.mutatingWebhooks[0].webhooks;
const variable = (deployment: any, name: string): any =>
  deployment.spec.template.spec.containers[0].env.find((each: any) => each.name === name);

const otherWebhook = (more: object): object => ({
  metadata: { name: 'another' },
  webhooks: [
    {
      name: 'another.example.com',
      failurePolicy: 'Fail',
      timeoutSeconds: 5,
      reinvocationPolicy: 'IfNeeded',
      namespaceSelector: { matchLabels: { team: 'other' } },
      clientConfig: { url: 'https://192.0.2.1/' },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
      ...more,
    },
  ],
});

const quarantine = (more: object = {}, owner: object = {}): any => ({
  metadata: { name: 'a', generation: 1 },
  spec: {
    nodeName: 'a',
    owners: [
      {
        owner: { namespace: 'shop', kind: 'Deployment', name: 'redis' },
        check: 'temperature:',
        message: '91 C is above 90 C',
        since: now.toISOString(),
        until: new Date(now.getTime() + 3_600_000).toISOString(),
        ...owner,
      },
    ],
    ...more,
  },
  status: { observedGenerations: { 'webhook-a': 1, 'webhook-b': 1 } },
});

const otherAuthority = issueAuthority('other', now);

/** One break for each diagnostic. */
export const breaks: Readonly<Record<string, Break>> = {
  'apiserver-reached': fails(({ of }) => (of.apiserver = { gitVersion: '', away: 'connect ECONNREFUSED' })),
  'apiserver-version': fails(({ of }) => (of.apiserver.gitVersion = 'v1.32.9')),
  'kubelet-versions': fails(({ of }) => (of.nodes[1].kubelet = 'v1.31.0')),
  'admission-webhooks': fails(({ of }) => of.apiGroups.pop()),
  'native-sidecars': fails(({ of }) => delete of.plainPod.spec.initContainers[0].restartPolicy),
  clocks: warns(({ of }) => (of.plainPod.metadata.creationTimestamp = new Date(now.getTime() - 600_000).toISOString())),
  'installer-rights': fails(({ of }) => (of.installerRights[0].isAllowed = false), 'pre'),
  'not-installed': warns(() => {}, 'pre'),
  'names-free': fails(({ of }) => {
    const [first] = of.mutatingWebhooks[0].webhooks;
    of.mutatingWebhooks[0].webhooks = [{ ...first, name: 'other.example.com' }];
  }, 'pre'),
  'kinds-free': warns(
    ({ of }) =>
      of.kinds.push({
        metadata: { name: 'hps.other.io' },
        spec: { group: 'other.io', names: { kind: 'Hp', plural: 'hps', shortNames: ['hp'] } },
      }),
    'pre',
  ),
  'webhook-registered': fails(({ of }) => of.mutatingWebhooks.pop()),
  'webhook-once': fails(({ of }) =>
    of.mutatingWebhooks.push({ ...of.mutatingWebhooks[0], metadata: { name: 'second' } }),
  ),
  'webhook-entries': fails((facts) => entries(facts).splice(1, 1)),
  'webhook-rules': fails((facts) => (entries(facts)[0].rules[0].operations = ['UPDATE'])),
  'webhook-prefix': fails(({ about, of }) => {
    about.prefix = 'health.acme.io/';
    of.annotatedPod.metadata.annotations = { 'health.acme.io/status': '{}' };
    of.annotatedDeployment.spec.template.metadata.annotations = { 'health.acme.io/check': 'tcp://:1' };
  }),
  'webhook-selectors': warns((facts) => (entries(facts)[0].objectSelector = { matchLabels: { team: 'red' } })),
  'webhook-own-namespace': warns((facts) => (entries(facts)[0].namespaceSelector = {})),
  'webhook-failure-policy': warns((facts) => (entries(facts)[0].failurePolicy = 'Fail')),
  'webhook-timeout': warns((facts) => (entries(facts)[0].timeoutSeconds = 30)),
  'webhook-reinvocation': warns((facts) => (entries(facts)[0].reinvocationPolicy = 'Never')),
  'webhook-service': fails(({ of }) => (of.service = undefined)),
  'webhook-endpoints': fails(({ of }) => (of.webhookServices[0].readyEndpoints = 0)),
  'webhook-ready': fails(({ of }) => (of.replicas[1].notReady = '503, "draining"')),
  'webhook-injects-pod': fails(({ of }) => (of.annotatedPod.metadata.annotations = {})),
  'webhook-copies-annotations': fails(({ of }) => (of.annotatedDeployment.spec.template.metadata = {})),
  'ca-bundle': fails((facts) => delete entries(facts)[1].clientConfig.caBundle),
  'ca-valid': fails(({ about, of }) => {
    about.nowMs += 400 * 86_400_000;
    of.lease.spec.renewTime = of.plainPod.metadata.creationTimestamp = new Date(about.nowMs).toISOString();
    of.served = [];
  }),
  'ca-same': warns((facts) => {
    entries(facts)[1].clientConfig.caBundle = Buffer.from(authority.cert + otherAuthority.cert).toString('base64');
  }),
  'certificate-secret': fails(({ of }) => (of.certificateSecret.isThere = false)),
  'certificate-presented': warns(({ of }) => (of.served[0] = { pod: 'webhook-a', unseen: 'connection refused' })),
  'certificate-signed': fails(({ of }) => (of.served[0].certificate = served([serviceName], 7, otherAuthority))),
  'certificate-names': fails(({ of }) => (of.served[0].certificate = served(['other.svc'], 7))),
  'certificate-validity': warns(({ of }) => (of.served[0].certificate = served([serviceName], 1))),
  'programs-installed': fails(({ of }) => of.deployments.pop()),
  'webhook-replicas': fails(({ of }) => (of.deployments[0].status.availableReplicas = 0)),
  'controller-replicas': warns(({ of }) => (of.deployments[1].spec.replicas = 1)),
  rollouts: fails(
    ({ of }) =>
      (of.deployments[0].status.conditions[0] = { type: 'Progressing', status: 'False', message: 'timed out' }),
  ),
  'own-images': fails(
    ({ of }) => (of.ownPods[0].status.containerStatuses[0].state = { waiting: { reason: 'ImagePullBackOff' } }),
  ),
  'own-restarts': warns(({ of }) => {
    const ended = { reason: 'OOMKilled', exitCode: 137, finishedAt: new Date(now.getTime() - 60_000).toISOString() };
    of.ownPods[0].status.containerStatuses[0].lastState = { terminated: ended };
  }),
  'webhook-spread': warns(({ of }) => (of.ownPods[1].spec.nodeName = 'a')),
  'version-skew': warns(({ of }) => (of.replicas[0].version = '0.0.9')),
  'one-image': warns(({ of }) => (of.ownPods[0].spec.containers[0].image += '-debug')),
  'agent-version': warns(({ about }) => (about.agentImage = 'ghcr.io/health-injector/health-probe:0.9.0')),
  'same-settings': warns(
    ({ of }) => (variable(of.deployments[1], 'HEALTH_INJECTOR_EXCLUDED_NAMESPACES').value = 'kube-system'),
  ),
  'leader-elected': fails(({ of }) => (of.lease = undefined)),
  'leader-renews': fails(({ of }) => (of.lease.spec.renewTime = new Date(now.getTime() - 90_000).toISOString())),
  'leader-runs': warns(({ of }) => (of.lease.spec.holderIdentity = 'controller-z_1')),
  'policies-observed': warns(({ of }) => (of.policies[0].generation = 3)),
  'quarantines-observed': warns(({ of }) => of.quarantines.push({ ...quarantine({ owners: [] }), status: {} })),
  'kinds-installed': fails(({ of }) => of.kinds.pop()),
  'kinds-established': fails(({ of }) => (of.kinds[0].status.conditions[1].status = 'False')),
  'kinds-version': fails(({ of }) => delete of.kinds[0].spec.versions[0].subresources),
  'kinds-schema': fails(
    ({ of }) =>
      delete of.kinds[0].spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.inject.properties.check,
  ),
  'service-accounts': fails(({ of }) => of.serviceAccounts.pop()),
  'account-rights': fails(({ of }) => (of.accountRights[0].isAllowed = false)),
  'disruption-budgets': warns(({ of }) => of.disruptionBudgets.pop()),
  'network-to-webhook': fails(({ of }) => (of.networkPolicies[0].spec.ingress[0].ports[0].port = 'http')),
  'network-to-apiserver': fails(({ of }) => (of.apiserverPorts = [7443])),
  'policies-accepted': fails(({ of }) =>
    Object.assign(of.policies[0], { isAccepted: false, message: 'spec.inject.check is wrong.' }),
  ),
  'namespaces-value': fails(({ of }) => (of.namespaces[3].labels[`${prefix}inject`] = 'true')),
  'namespaces-both-ways': warns(({ of }) => {
    of.namespaces[3].labels[`${prefix}inject`] = 'enabled';
    of.namespaces[3].annotations[`${prefix}inject`] = 'disabled';
  }),
  'namespaces-key': warns(({ of }) => (of.namespaces[3].annotations[`${prefix}pattern`] = 'sidecar')),
  'namespaces-excluded': warns(({ of }) => (of.namespaces[1].labels[`${prefix}inject`] = 'enabled')),
  'pods-missed': warns(({ of }) => (of.pods[0].state = 'missed')),
  'pods-annotations': warns(({ of }) => (of.pods[0].state = 'invalid-annotations')),
  'agent-image': fails(({ of }) => (of.pods[0].agents[0].waiting = 'ErrImagePull')),
  'agent-restarts': warns(({ of }) => (of.pods[0].agents[0].restarts = 9)),
  'quarantines-hold': warns(({ of }) => of.quarantines.push(quarantine())),
  'quarantines-node': warns(({ of }) => of.quarantines.push(quarantine({ nodeName: 'gone', owners: [] }))),
  'quarantines-over': warns(({ of }) => of.quarantines.push(quarantine({}, { until: '2026-05-01T00:00:00Z' }))),
  'quarantines-taint': warns(({ of }) => of.nodes[0].taints.push(`${prefix}hardware`)),
  'others-reached': fails(({ of }) =>
    of.validatingWebhooks.push(otherWebhook({ clientConfig: { service: { namespace: 'mesh', name: 'away' } } })),
  ),
  'others-own-pods': warns(({ of }) => of.mutatingWebhooks.push(otherWebhook({ namespaceSelector: {} }))),
  'others-order': warns(({ of }) => of.mutatingWebhooks.push(otherWebhook({ reinvocationPolicy: 'Never' }))),
  'others-timeout': warns(({ of }) => of.mutatingWebhooks.push(otherWebhook({ timeoutSeconds: 30 }))),
  'fault-image-volume-events': warns(({ of }) => (of.pods[0].hasImageVolume = true)),
  'fault-exec-readiness': warns(({ of }) => (of.pods[0].hasExecReadiness = true)),
  'fault-device-health': warns(({ about, of }) => {
    about.hardware = 'move';
    of.nodes[0].devices = ['example.com/a', 'example.com/b'];
  }),
  'fault-policy-panic': warns(({ of }) => of.mutatingPolicies.push({ name: 'add', patchesWithObjects: true })),
  'fault-device-taint-rule': warns(({ of }) => {
    of.apiserver.gitVersion = 'v1.37.0';
    of.deviceTaintRules.push({ name: 'all', selectsDevices: false });
  }),
};
