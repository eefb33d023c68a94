import type { Installation } from './facts.ts';

/** Something that an account may have to be allowed, as RBAC names it. */
export type Right = {
  readonly group: string;
  /** With its subresource, as in `pods/eviction`. */
  readonly resource: string;
  readonly verbs: readonly string[];
  /** One object rather than all. */
  readonly name?: string;
  /** In the namespace of the installation rather than in the cluster. */
  readonly isNamespaced?: boolean;
};

const ours = 'health.example.com';

/** What the account of the webhook needs; deploy/rbac.yaml and the chart grant it. */
export function webhookRights({ certificateSource, certificateSecret, configuration }: Installation): readonly Right[] {
  const admission = { group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations' };
  const secret = { group: '', resource: 'secrets', isNamespaced: true };
  return [
    ...(certificateSource === 'files'
      ? []
      : [{ ...admission, name: configuration, verbs: ['get', 'list', 'watch', 'patch'] }]),
    ...(certificateSource === 'secret'
      ? [
          { ...secret, name: certificateSecret, verbs: ['get', 'list', 'watch', 'update'] },
          { ...secret, verbs: ['create'] },
        ]
      : []),
    ...(certificateSource === 'cert-manager'
      ? [{ ...secret, name: certificateSecret, verbs: ['get', 'list', 'watch'] }]
      : []),
    { group: ours, resource: 'healthpolicies', verbs: ['list', 'watch'] },
    ...['limitranges', 'namespaces', 'resourcequotas'].map((resource) => ({
      group: '',
      resource,
      verbs: ['list', 'watch'],
    })),
    { group: ours, resource: 'nodequarantines', verbs: ['list', 'watch'] },
    { group: ours, resource: 'nodequarantines/status', verbs: ['patch'] },
  ];
}

/** What the account of the controller needs, by what it is set to do. */
export function controllerRights({ hardware, hardwareScope, repair, restartBudget }: Installation): readonly Right[] {
  const watches = hardware !== 'off';
  const evicts = watches || repair === 'evict';
  const lease = { group: 'coordination.k8s.io', resource: 'leases', isNamespaced: true };
  const owners = [
    ['', 'replicationcontrollers'],
    ['apps', 'statefulsets'],
    ['jobset.x-k8s.io', 'jobsets'],
    ['leaderworkerset.x-k8s.io', 'leaderworkersets'],
    ['scheduling.k8s.io', 'podgroups'],
  ] as const;
  return [
    { group: ours, resource: 'healthpolicies', verbs: ['list', 'watch'] },
    { group: ours, resource: 'healthpolicies/status', verbs: ['patch'] },
    ...['limitranges', 'namespaces', 'pods', 'resourcequotas'].map((resource) => ({
      group: '',
      resource,
      verbs: ['list', 'watch'],
    })),
    { group: '', resource: 'pods', verbs: ['get'] },
    { group: '', resource: 'pods/status', verbs: ['patch'] },
    ...(restartBudget === 'off' ? [] : [{ group: '', resource: 'events', verbs: ['list', 'watch'] }]),
    ...(watches
      ? [
          { group: '', resource: 'nodes', verbs: ['list', 'watch'] },
          { group: ours, resource: 'nodequarantines', verbs: ['get', 'list', 'watch', 'update', 'delete'] },
          { group: '', resource: 'events', verbs: ['list'] },
          ...['persistentvolumeclaims', 'persistentvolumes'].map((resource) => ({
            group: '',
            resource,
            verbs: ['get'],
          })),
          ...owners.map(([group, resource]) => ({ group, resource, verbs: ['get'] })),
          { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list'], isNamespaced: true },
        ]
      : []),
    ...(hardware === 'move' ? [{ group: ours, resource: 'nodequarantines', verbs: ['create'] }] : []),
    ...(watches && hardwareScope === 'node' ? [{ group: '', resource: 'nodes', verbs: ['get', 'patch'] }] : []),
    ...(evicts ? [{ group: '', resource: 'pods/eviction', verbs: ['create'] }] : []),
    { group: 'apps', resource: 'replicasets', verbs: ['get'] },
    { group: 'batch', resource: 'jobs', verbs: ['get'] },
    { group: 'events.k8s.io', resource: 'events', verbs: ['create', 'patch'] },
    { ...lease, name: 'health-injector-controller', verbs: ['get', 'update'] },
    { ...lease, verbs: ['create'] },
  ];
}

/** What a person needs who installs it. */
export const installerRights: readonly Right[] = [
  { group: '', resource: 'namespaces', verbs: ['create'] },
  { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', verbs: ['create'] },
  { group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations', verbs: ['create'] },
  // `escalate` and `bind` as well: the apiserver lets an account grant only the rights that it has.
  { group: 'rbac.authorization.k8s.io', resource: 'clusterroles', verbs: ['create', 'escalate'] },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings', verbs: ['create'] },
  ...['serviceaccounts', 'services'].map((resource) => ({
    group: '',
    resource,
    verbs: ['create'],
    isNamespaced: true,
  })),
  { group: 'apps', resource: 'deployments', verbs: ['create'], isNamespaced: true },
  ...['roles', 'rolebindings'].map((resource) => ({
    group: 'rbac.authorization.k8s.io',
    resource,
    verbs: ['create'],
    isNamespaced: true,
  })),
  { group: 'policy', resource: 'poddisruptionbudgets', verbs: ['create'], isNamespaced: true },
  { group: 'networking.k8s.io', resource: 'networkpolicies', verbs: ['create'], isNamespaced: true },
];

/** Such as `patch nodequarantines/status`, or `get secrets health-injector-certificate in health-injector`. */
export const rightText = ({ resource, name, isNamespaced }: Right, verb: string, namespace: string): string =>
  [verb, resource, ...(name === undefined ? [] : [name]), ...(isNamespaced ? ['in', namespace] : [])].join(' ');
