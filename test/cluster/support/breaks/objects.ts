import { eventually, get, kubectl } from '../kubectl.ts';
import { type RealBreaks, applyObject, changed, created, deleted, guestKubeconfig, root, system } from './break.ts';

const crd = (name: string): readonly string[] => ['crd', `${name}.health.example.com`];

const inNamespace = (name: string, metadata: object): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, ...metadata },
});

const patchNode = (name: string, status: object): Promise<string> =>
  kubectl(['patch', 'node', name, '--subresource=status', '--type=merge', '--patch', JSON.stringify({ status })]);

/** Has the Deployment of the controller say what becomes of sick hardware; while it is paused, no Pod of it changes. */
function setHardware(value: string, paused: boolean): Promise<string> {
  const env = [{ name: 'HEALTH_INJECTOR_HARDWARE', value }];
  const spec = { paused, template: { spec: { containers: [{ name: 'controller', env }] } } };
  return kubectl([
    'patch',
    'deployment',
    'health-injector-controller',
    '-n',
    system,
    '--patch',
    JSON.stringify({ spec }),
  ]);
}

/** A Pod as the webhook would have made it, where it is not asked: what becomes of it is the test's. */
const podWith = (namespace: string, name: string, agent: object, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, annotations: { 'health.example.com/status': '{}' } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'app', image: 'docker.io/local/sleep:1', imagePullPolicy: 'IfNotPresent', args: ['1000'] }],
    initContainers: [
      {
        name: 'health-probe',
        restartPolicy: 'Always',
        imagePullPolicy: 'IfNotPresent',
        image: 'ghcr.io/health-injector/health-probe:0.1.0',
        args: ['serve', 'tcp://:1'],
        ...agent,
      },
    ],
    ...spec,
  },
});

const customKind = (
  group: string,
  names: { readonly kind: string; readonly plural: string; readonly shortNames?: string[] },
): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${names.plural}.${group}` },
  spec: {
    group,
    scope: 'Cluster',
    names: { singular: names.kind.toLowerCase(), listKind: `${names.kind}List`, ...names },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
});

const mutatingPolicy = (name: string, expression: string): object => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingAdmissionPolicy',
  metadata: { name },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
    },
    matchConditions: [
      {
        name: 'checked',
        expression:
          'object.metadata.?labels["app"].orValue("") == "health-injector-check" && has(object.spec.initContainers)',
      },
    ],
    failurePolicy: 'Ignore',
    reinvocationPolicy: 'Never',
    mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
  },
});

/** What an installation consists of besides its programs, and what users make. */
export function objectBreaks(namespace: string): RealBreaks {
  const inject = 'health.example.com/inject';
  return {
    'a node has an old kubelet': {
      finds: { 'kubelet-versions': 'failed' },
      async make() {
        await applyObject({
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: 'node-old' },
          spec: { unschedulable: true },
        });
        const nodeInfo = Object.fromEntries(
          [
            'architecture',
            'bootID',
            'containerRuntimeVersion',
            'kernelVersion',
            'kubeProxyVersion',
            'machineID',
            'operatingSystem',
            'osImage',
            'systemUUID',
          ].map((key) => [key, '-']),
        );
        const status = { nodeInfo: { ...nodeInfo, kubeletVersion: 'v1.31.0' } };
        await patchNode('node-old', status);
      },
      mend: () => kubectl(['delete', 'node', 'node-old']),
    },
    'nodes have two kinds of devices, and Pods are moved': {
      finds: { 'fault-device-health': 'warning' },
      async make() {
        const devices = { 'example.com/a': '2', 'example.com/b': '2' };
        const status = { capacity: devices, allocatable: devices };
        await patchNode('node-a', status);
        await setHardware('move', true);
      },
      async mend() {
        const gone = { 'example.com/a': null, 'example.com/b': null };
        const status = { capacity: gone, allocatable: gone };
        await patchNode('node-a', status);
        await setHardware('dry-run', false);
      },
    },
    'a policy of the apiserver takes sidecars away': {
      finds: { 'native-sidecars': 'failed', 'fault-policy-panic': 'warning' },
      async make() {
        await applyObject(
          mutatingPolicy(
            'no-sidecars',
            '[JSONPatch{op: "remove", path: "/spec/initContainers/0/restartPolicy"}] + (false ? [JSONPatch{op: "replace", path: "/spec", value: Object.spec{}}] : [])',
          ),
        );
        await applyObject({
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'MutatingAdmissionPolicyBinding',
          metadata: { name: 'no-sidecars' },
          spec: { policyName: 'no-sidecars' },
        });
      },
      mend: () =>
        kubectl(['delete', 'mutatingadmissionpolicybinding/no-sidecars', 'mutatingadmissionpolicy/no-sidecars']),
    },
    'an account may create nothing': {
      finds: { 'installer-rights': 'failed' },
      isBefore: true,
      make: async () => {},
      target: async () => ({ kubeconfig: await guestKubeconfig(namespace) }),
    },
    'it is installed already': { finds: { 'not-installed': 'warning' }, isBefore: true, make: async () => {} },
    'another program has our name': {
      finds: { 'names-free': 'failed' },
      isBefore: true,
      make: () =>
        kubectl(['create', 'deployment', system, '-n', namespace, '--image=docker.io/local/sleep:1', '--replicas=0']),
      mend: () => kubectl(['delete', 'deployment', system, '-n', namespace]),
      target: async () => ({ namespace }),
    },
    'another kind has our short name': {
      ...created(
        { 'kinds-free': 'warning' },
        customKind('other.example.com', { kind: 'Hop', plural: 'hops', shortNames: ['hp'] }),
      ),
      isBefore: true,
    },
    'a PodDisruptionBudget is deleted': deleted({ 'disruption-budgets': 'warning' }, ['pdb', system, '-n', system]),
    'a NetworkPolicy lets nobody reach the webhook': changed(
      { 'network-to-webhook': 'failed' },
      ['networkpolicy', system, '-n', system],
      ({ spec }) => (spec.ingress[0].ports[0].port = 1),
    ),
    'a NetworkPolicy keeps the webhook from the apiserver': changed(
      { 'network-to-apiserver': 'failed' },
      ['networkpolicy', system, '-n', system],
      ({ spec }) => (spec.egress[0].ports = [{ port: 443, protocol: 'TCP' }]),
    ),
    'a policy has a mistake that no schema sees': created(
      { 'policies-accepted': 'failed' },
      {
        apiVersion: 'health.example.com/v1alpha1',
        kind: 'HealthPolicy',
        metadata: { name: 'mistaken' },
        spec: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'nowhere' } },
          inject: { pattern: 'sidecar', check: 'redis://:99999' },
        },
      },
    ),
    'namespaces say what nobody understands': created(
      { 'namespaces-value': 'failed', 'namespaces-both-ways': 'warning', 'namespaces-key': 'warning' },
      inNamespace('test-check-value', { labels: { [inject]: 'true' } }),
      inNamespace('test-check-both', { labels: { [inject]: 'enabled' }, annotations: { [inject]: 'disabled' } }),
      inNamespace('test-check-key', { annotations: { 'health.example.com/pattern': 'sidecar' } }),
    ),
    'an excluded namespace asks': {
      finds: { 'namespaces-excluded': 'warning' },
      make: () => kubectl(['label', 'namespace', 'kube-system', `${inject}=enabled`]),
      mend: () => kubectl(['label', 'namespace', 'kube-system', `${inject}-`]),
    },
    'Pods have agents that do not run, and an old kubelet': created(
      {
        'agent-image': 'failed',
        'agent-restarts': 'warning',
        'fault-image-volume-events': 'warning',
        'fault-exec-readiness': 'warning',
      },
      podWith(namespace, 'unpulled', { image: 'ghcr.io/health-injector/nowhere:1' }),
      podWith(namespace, 'crashing', { args: ['serve', 'nonsense'] }),
      podWith(
        namespace,
        'volume',
        { readinessProbe: { exec: { command: ['/health-probe', 'version'] } } },
        {
          volumes: [{ name: 'health-probe-agent', image: { reference: 'ghcr.io/health-injector/health-probe:0.1.0' } }],
        },
      ),
    ),
    'Pods were made while the webhook was not asked, and with a mistake': {
      finds: { 'pods-missed': 'warning', 'pods-annotations': 'warning' },
      async make() {
        // Labelled for the moment of their creation only.
        await applyObject(inNamespace('test-check-pods', { labels: { [inject]: 'disabled' } }));
        await eventually('the account', 30, () => get(['serviceaccount', 'default', '-n', 'test-check-pods']));
        for (const [name, check] of [
          ['missed', 'tcp://:8080'],
          ['mistaken', 'redis://:99999'],
        ] as const) {
          const pod: any = podWith('test-check-pods', name, {});
          pod.metadata.annotations = { 'health.example.com/pattern': 'sidecar', 'health.example.com/check': check };
          delete pod.spec.initContainers;
          await applyObject(pod);
        }
        await kubectl(['label', 'namespace', 'test-check-pods', `${inject}-`]);
      },
      mend: () => kubectl(['delete', 'namespace', 'test-check-pods', '--now', '--wait=false']),
    },
    'a kind has no status': changed({ 'kinds-version': 'failed' }, crd('nodequarantines'), ({ spec }) => {
      delete spec.versions[0].subresources;
    }),
    'a kind has an old schema': changed({ 'kinds-schema': 'failed' }, crd('healthpolicies'), ({ spec }) => {
      delete spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.match;
      spec.versions[0].schema.openAPIV3Schema.properties.spec['x-kubernetes-validations'] = [];
    }),
    'a kind is not there': {
      finds: { 'kinds-installed': 'failed' },
      make: () => kubectl(['delete', ...crd('nodequarantines'), '--wait']),
    },
    // Still gone: the name is taken before it comes back.
    'a kind has names that another one has': {
      finds: { 'kinds-established': 'failed' },
      async make() {
        await applyObject(customKind('health.example.com', { kind: 'Queue', plural: 'queues', shortNames: ['nq'] }));
        await eventually('the name is taken', 30, async () =>
          (await get(['crd', 'queues.health.example.com'])).status?.acceptedNames?.shortNames?.includes('nq'),
        );
        await kubectl(['apply', '-f', `${root}deploy/crds/nodequarantines.yaml`]);
      },
      mend: () => kubectl(['delete', 'crd', 'queues.health.example.com']),
    },
  };
}
