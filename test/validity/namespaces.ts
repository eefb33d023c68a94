/** One kind of namespace: its metadata, and the rules in it. */
export type NamespaceKind = {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly limits?: readonly object[];
  readonly quotas?: readonly {
    readonly hard: Readonly<Record<string, string>>;
    readonly used: Readonly<Record<string, string>>;
    readonly spec?: object;
  }[];
};

const enforce = (level: string) => ({ 'pod-security.kubernetes.io/enforce': level });

/** The kinds of namespaces in which Pods are tried. */
export const namespaceKinds: readonly NamespaceKind[] = [
  { name: 'none' },
  { name: 'container-min', limits: [{ type: 'Container', min: { cpu: '50m', memory: '32Mi' } }] },
  { name: 'container-max', limits: [{ type: 'Container', max: { cpu: '60m', memory: '512Mi' } }] },
  {
    name: 'container-default',
    limits: [
      {
        type: 'Container',
        default: { cpu: '500m', memory: '256Mi', 'ephemeral-storage': '10Gi', 'nvidia.com/gpu': '1' },
        defaultRequest: { cpu: '250m', memory: '128Mi', 'ephemeral-storage': '5Gi' },
      },
    ],
  },
  {
    name: 'container-ratio',
    limits: [
      {
        type: 'Container',
        default: { cpu: '200m', memory: '128Mi' },
        defaultRequest: { cpu: '100m', memory: '128Mi' },
        maxLimitRequestRatio: { cpu: '2.5', memory: '1.1' },
      },
    ],
  },
  {
    name: 'pod-max',
    limits: [
      { type: 'Container', default: { cpu: '100m', memory: '64Mi' } },
      { type: 'Pod', max: { cpu: '250m', memory: '150Mi' }, maxLimitRequestRatio: { cpu: '3' } },
    ],
  },
  { name: 'pod-min', limits: [{ type: 'Pod', min: { cpu: '50m', memory: '40Mi' } }] },
  {
    name: 'quota-of-requests',
    quotas: [
      {
        hard: { 'requests.cpu': '10', memory: '10Gi', pods: '100' },
        used: { 'requests.cpu': '1', memory: '1Gi', pods: '3' },
      },
    ],
  },
  {
    name: 'quota-of-limits',
    quotas: [
      { hard: { 'limits.cpu': '10', 'limits.memory': '10Gi' }, used: { 'limits.cpu': '1', 'limits.memory': '1Gi' } },
    ],
  },
  {
    name: 'quota-nearly-full',
    quotas: [
      {
        hard: { cpu: '1', 'requests.memory': '1Gi', 'requests.ephemeral-storage': '1Gi' },
        used: { cpu: '885m', 'requests.memory': '950Mi', 'requests.ephemeral-storage': '100Mi' },
      },
    ],
    limits: [{ type: 'Container', defaultRequest: { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '1Mi' } }],
  },
  {
    name: 'quota-full',
    quotas: [{ hard: { cpu: '1', memory: '1Gi' }, used: { cpu: '900m', memory: '960Mi' } }],
    limits: [{ type: 'Container', defaultRequest: { cpu: '100m', memory: '64Mi' } }],
  },
  {
    name: 'quota-of-pods-by-class',
    quotas: [
      { hard: { pods: '10' }, used: { pods: '2' }, spec: { scopes: ['BestEffort'] } },
      { hard: { pods: '1' }, used: { pods: '1' }, spec: { scopes: ['NotBestEffort', 'Terminating'] } },
      {
        hard: { 'limits.memory': '1Gi' },
        used: { 'limits.memory': '0' },
        spec: { scopes: ['NotBestEffort', 'NotTerminating'] },
      },
    ],
  },
  { name: 'privileged', labels: enforce('privileged') },
  { name: 'baseline', labels: enforce('baseline') },
  { name: 'restricted', labels: enforce('restricted') },
  { name: 'openshift', annotations: { 'openshift.io/sa.scc.uid-range': '1000650000/10000' } },
];
