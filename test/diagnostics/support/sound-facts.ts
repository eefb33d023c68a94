import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { issueAuthority, issueServingCertificate } from '../../../src/certificates/pki.ts';
import type { ClusterReads, Installation } from '../../../src/diagnostics/facts.ts';
import { version } from '../../../src/config/options.ts';

const deploy = new URL('../../../deploy/', import.meta.url).pathname;
const manifest = (file: string): any[] =>
  parseAllDocuments(readFileSync(deploy + file, 'utf8')).map((document) => document.toJS());

const namespace = 'health-injector';
export const now: Date = new Date('2026-06-01T12:00:00Z');
export const prefix = 'health.example.com/';

/** The days are those of the certificates that the webhook makes. */
export const authority = issueAuthority('health-injector', now);
export const served = (names: readonly string[], days: number, by = authority): string =>
  issueServingCertificate(by, names, { now, days }).cert;

export const serviceName = 'health-injector.health-injector.svc';
export const bundleOf = (ca: { readonly cert: string }): string => Buffer.from(ca.cert).toString('base64');

const about: Installation = {
  mode: 'installed',
  namespace,
  configuration: 'health-injector',
  service: 'health-injector',
  prefix,
  agentImage: `ghcr.io/health-injector/health-probe:${version}`,
  leavesUid: false,
  certificateSource: 'secret',
  certificateSecret: 'health-injector-certificate',
  excludedNamespaces: ['kube-system', 'kube-node-lease', namespace],
  hardware: 'dry-run',
  hardwareScope: 'owner',
  repair: 'off',
  restartBudget: '25%',
  version,
  nowMs: now.getTime(),
};

/** A Deployment as the kustomization makes it of a manifest, with all replicas available. */
function deploymentOf(file: string): any {
  const [object] = manifest(file);
  const [container] = object.spec.template.spec.containers;
  container.image = `ghcr.io/health-injector/health-injector:${version}`;
  object.metadata.labels = { 'app.kubernetes.io/part-of': 'health-injector' };
  object.status = { availableReplicas: 2, conditions: [{ type: 'Progressing', status: 'True' }] };
  return object;
}

const podOf = (name: string, node: string, deployment: any): any => ({
  metadata: { name, namespace, labels: deployment.spec.template.metadata.labels },
  spec: { ...deployment.spec.template.spec, nodeName: node },
  status: { phase: 'Running', containerStatuses: [{ ready: true, restartCount: 0, state: { running: {} } }] },
});

const configuration = (): any => {
  const [object] = manifest('webhook.yaml');
  for (const entry of object.webhooks) entry.clientConfig.caBundle = bundleOf(authority);
  return object;
};

const kindOf = (file: string): any => {
  const object = manifest(`crds/${file}.yaml`)[0];
  const conditions = ['Established', 'NamesAccepted'].map((type) => ({ type, status: 'True' }));
  return { ...object, status: { conditions } };
};

const namespaceOf = (name: string): any => ({ name, labels: { 'kubernetes.io/metadata.name': name }, annotations: {} });

function makeFacts(): { about: any; reads: { [Name in keyof ClusterReads]: any } } {
  const [webhook, controller] = [deploymentOf('deployment.yaml'), deploymentOf('controller.yaml')];
  const replicas = ['webhook-a', 'webhook-b'];
  const certificate = served([serviceName], 7);
  const budgets = manifest('disruption-budgets.yaml');
  for (const budget of budgets) budget.status = { disruptionsAllowed: 1 };
  const right = { right: 'webhook may list namespaces', isAllowed: true };
  const reads: { [Name in keyof ClusterReads]: any } = {
    apiserver: { gitVersion: 'v1.36.3' },
    apiGroups: ['apps/v1', 'admissionregistration.k8s.io/v1'],
    nodes: ['a', 'b'].map((name) => ({ name, kubelet: 'v1.36.3', taints: [], devices: [] })),
    namespaces: ['default', 'kube-system', namespace, 'shop'].map(namespaceOf),
    mutatingWebhooks: [configuration()],
    validatingWebhooks: [],
    mutatingPolicies: [],
    deviceTaintRules: [],
    webhookServices: [{ namespace, name: 'health-injector', ports: [443], readyEndpoints: 2 }],
    deployments: [webhook, controller],
    ownPods: [
      podOf('webhook-a', 'a', webhook),
      podOf('webhook-b', 'b', webhook),
      podOf('controller-a', 'a', controller),
      podOf('controller-b', 'b', controller),
    ],
    service: manifest('service.yaml')[0],
    serviceAccounts: ['default', 'health-injector', 'health-injector-controller'],
    certificateSecret: { isThere: true },
    disruptionBudgets: budgets,
    networkPolicies: manifest('network-policies.yaml'),
    apiserverPorts: [6443],
    lease: {
      spec: {
        holderIdentity: 'controller-a_0d3f',
        leaseDurationSeconds: 15,
        renewTime: new Date(now.getTime() - 2_000).toISOString(),
      },
    },
    kinds: ['healthpolicies', 'nodequarantines'].map(kindOf),
    policies: [
      { name: 'caches', mode: 'Enforce', generation: 2, observedGeneration: 2, isAccepted: true, message: '' },
    ],
    quarantines: [],
    pods: [
      {
        namespace: 'shop',
        name: 'redis-0',
        node: 'a',
        state: 'injected',
        agents: [
          {
            container: 'health-probe',
            image: about.agentImage,
            waiting: '',
            hasFailed: false,
            restarts: 0,
            lastReason: '',
          },
        ],
        hasImageVolume: false,
        hasExecReadiness: false,
      },
    ],
    replicas: replicas.map((pod) => ({ pod, notReady: undefined, version })),
    served: replicas.map((pod) => ({ pod, certificate })),
    plainPod: {
      metadata: { creationTimestamp: now.toISOString() },
      spec: { initContainers: [{ name: 'sidecar', restartPolicy: 'Always' }] },
    },
    annotatedPod: { metadata: { namespace: 'default', annotations: { [`${prefix}status`]: '{}' } } },
    annotatedDeployment: {
      spec: { template: { metadata: { annotations: { [`${prefix}check`]: 'tcp://:8080' } } } },
    },
    accountRights: [right],
    installerRights: [{ right: 'create namespaces', isAllowed: true }],
  };
  const wrapped = Object.fromEntries(Object.entries(reads).map(([name, value]) => [name, { value }]));
  return { about, reads: wrapped } as never;
}

const facts = makeFacts();

/** What is read of a cluster of two nodes with a sound installation; each call gives a copy that may be changed. */
export const soundFacts = (): typeof facts => structuredClone(facts);
