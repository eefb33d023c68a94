import fc from 'fast-check';
import type { V1Container, V1EnvVar } from '@kubernetes/client-node';
import type { Pod } from '../../src/inject/pod/pod.ts';
import { arbitraryAnnotations } from '../support/arbitrary-annotations.ts';
import { arbitraryPod } from '../support/arbitrary-pod.ts';

const cpus = ['1m', '50m', '50m', '60m', '0.1', '250m'];
const memories = ['4Mi', '32Mi', '32Mi', '67108864', '64Mi', '128M'];

const demand = fc.constantFrom('nothing', 'requests', 'limits', 'both', 'equal', 'memory', 'storage');
const shape = fc.record({
  demand,
  cpu: fc.constantFrom(...cpus),
  memory: fc.constantFrom(...memories),
});

type Shape = { readonly demand: string; readonly cpu: string; readonly memory: string };

function resourcesOf({ demand: wanted, cpu, memory }: Shape): object | undefined {
  switch (wanted) {
    case 'requests':
      return { requests: { cpu, memory } };
    case 'limits':
      return { limits: { cpu, memory } };
    case 'both':
      return { requests: { cpu: '1m', memory: '4Mi' }, limits: { cpu, memory } };
    case 'equal':
      return { requests: { cpu, memory }, limits: { cpu, memory } };
    case 'memory':
      return { requests: { cpu: '20m', memory: '4Mi' }, limits: { memory } };
    case 'storage':
      return { requests: { cpu, memory, 'ephemeral-storage': '10Mi' }, limits: { 'ephemeral-storage': '1Gi' } };
    default:
      return undefined;
  }
}

/** What a Pod says of itself besides its containers; most say one of these, and some none. */
const traits: readonly object[] = [
  {},
  {},
  {},
  { activeDeadlineSeconds: 600 },
  { hostUsers: false },
  { hostNetwork: true },
  { shareProcessNamespace: true },
  { os: { name: 'linux' } },
  { os: { name: 'windows' } },
  { nodeSelector: { 'beta.kubernetes.io/os': 'windows' } },
  { schedulingGates: [{ name: 'example.com/wait' }] },
  { securityContext: { runAsUser: 0 } },
  { securityContext: { runAsUser: 1_000_650_001, fsGroup: 1_000_650_001, supplementalGroups: [1] } },
  { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] },
  { resources: { requests: { cpu: '100m', memory: '64Mi' } } },
  { resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '500m', memory: '512Mi' } } },
  { resources: { limits: { cpu: '300m', memory: '300Mi' } } },
  { resources: { limits: { memory: '256Mi' } } },
  {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', namespaceSelector: {}, labelSelector: {} },
        ],
      },
    },
  },
];

const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** Annotations that mostly ask for a check which the Pod can carry. */
export const plainAnnotations: fc.Arbitrary<Record<string, string>> = fc
  .record({
    asked: fc.constantFrom(
      { pattern: 'sidecar', check: 'redis://:6379' },
      { pattern: 'sidecar', check: 'postgres://:5432' },
      { pattern: 'cli', check: 'tcp://:6379' },
      { pattern: 'cli', check: 'redis://:6379', delivery: 'image-volume' },
      { pattern: 'port', check: 'http://:8080/healthz' },
      { pattern: 'sidecar,cli', check: 'tcp://:6379', readiness: 'exec:true' },
      { pattern: 'hardware', check: 'temperature:' },
      { pattern: 'hardware', check: 'nvme:', devices: '/dev/nvme0' },
      { pattern: 'hardware', check: 'nic://eth0', 'host-paths': '/sys' },
      { pattern: 'hardware', check: 'memory-errors:', mode: 'cli' },
      { pattern: 'sidecar,hardware', check: 'redis://:6379\ntemperature:' },
    ),
    extra: fc.constantFrom<Record<string, string>>(
      {},
      {},
      {},
      {},
      { cpu: '50m' },
      { cpu: '250m', memory: '64Mi' },
      { memory: '32Mi' },
      { 'health-port': '19000' },
      { period: '5s', 'failure-threshold': '5' },
    ),
  })
  .map(({ asked, extra }) => prefixed({ ...asked, ...extra }));

const prefixed = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`health.example.com/${key}`, value]));

const annotations = fc.oneof(
  { weight: 9, arbitrary: plainAnnotations },
  { weight: 1, arbitrary: arbitraryAnnotations },
);

/** A Pod with a check, whose containers ask for much or little; most are valid where nothing is demanded of them. */
export const arbitraryCandidate: fc.Arbitrary<Pod> = candidateWith(annotations);

/** The same with other annotations. */
export function candidateWith(wishes: fc.Arbitrary<Record<string, string>>): fc.Arbitrary<Pod> {
  return fc
    .record({
      pod: arbitraryPod(wishes),
      shapes: fc.array(shape, { minLength: 8, maxLength: 8 }),
      isUniform: fc.boolean(),
      isRestricted: fc.boolean(),
      trait: fc.constantFrom(...traits),
      longName: fc.boolean(),
      hasProbes: fc.constantFrom(false, false, false, true),
    })
    .map(({ pod, shapes, isUniform, isRestricted, trait, longName, hasProbes }) => {
      let at = 0;
      const isForWindows = JSON.stringify(trait).includes('windows');
      const dressed = (container: V1Container): V1Container => {
        const resources = resourcesOf(shapes[isUniform ? 0 : at++ % shapes.length] as Shape);
        const { securityContext, resources: _, env, ...rest } = hasProbes ? container : withoutProbes(container);
        const context = isForWindows ? undefined : isRestricted ? restricted : securityContext;
        return {
          ...rest,
          ...(resources && { resources: resources as NonNullable<V1Container['resources']> }),
          ...(context && { securityContext: context }),
          ...(env && { env: env.map(withOneValue) }),
          ...(longName && container.name === 'web' && { name: 'w'.repeat(63) }),
        };
      };
      const { os: __, hostNetwork: ___, ...spec } = pod.spec;
      return JSON.parse(
        JSON.stringify({
          ...pod,
          metadata: { generateName: 'app-', labels: pod.metadata?.labels, annotations: pod.metadata?.annotations },
          spec: {
            ...spec,
            terminationGracePeriodSeconds: 30,
            containers: spec.containers.map(dressed),
            initContainers: spec.initContainers?.map((each) =>
              each.restartPolicy === 'Always' ? dressed(each) : withoutProbes(dressed(each)),
            ),
            ...trait,
          },
        }),
      ) as Pod;
    });
}

/** The apiserver refuses two values of one variable. */
const withOneValue = ({ value, valueFrom, ...entry }: V1EnvVar): V1EnvVar =>
  valueFrom ? { ...entry, valueFrom } : { ...entry, ...(value !== undefined && { value }) };

/** An init container that ends must have no probes, and many others have none yet. */
function withoutProbes(container: V1Container): V1Container {
  const { livenessProbe: _, readinessProbe: __, startupProbe: ___, ...rest } = container;
  return rest;
}
