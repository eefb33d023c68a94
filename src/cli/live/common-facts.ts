import type {
  KubernetesObject,
  V1Lease,
  V1NetworkPolicy,
  V1PodDisruptionBudget,
  V1Service,
} from '@kubernetes/client-node';
import type { FactRead, Installation } from '../../diagnostics/facts.ts';
import { ignoreNotFound } from '../../kube/api-error.ts';
import type { Client } from '../../kube/client.ts';
import { apiGroup } from '../../policy/policy.ts';
import { type NodeQuarantine, quarantinesPath } from '../../quarantine/quarantine.ts';
import { type FactReader, mostObjects } from './reading.ts';

const admission = '/apis/admissionregistration.k8s.io/v1';

/** What needs nothing of the others. */
export async function readCommonFacts(reader: FactReader, client: Client, about: Installation, own: string) {
  const { namespace, service, certificateSecret } = about;
  const list = <T>(path: string, what: string): Promise<FactRead<readonly T[]>> =>
    reader.list<T, T>(path, { what, limit: mostObjects }, (object) => object);
  const one = <T>(path: string, what: string): Promise<FactRead<T | undefined>> =>
    reader.read(`get ${what}`, (options) => ignoreNotFound(client.get<T>(path, options)));
  return together({
    apiGroups: reader.read('read the API groups', async (options) => {
      const { groups } = await client.get<{ groups: { versions: { groupVersion: string }[] }[] }>('/apis', options);
      return groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion));
    }),
    service: one<V1Service>(`/api/v1${own}/services/${service}`, `service ${namespace}/${service}`),
    serviceAccounts: reader.list<KubernetesObject, string>(
      `/api/v1${own}/serviceaccounts`,
      { what: `serviceaccounts in ${namespace}`, limit: mostObjects, metadataOnly: true },
      ({ metadata }) => metadata?.name,
    ),
    certificateSecret: reader.read(`get secret ${namespace}/${certificateSecret}`, async (options) => {
      // Its metadata alone: what is in it is nothing to look at.
      const path = `/api/v1${own}/secrets/${certificateSecret}`;
      return {
        isThere: (await ignoreNotFound(client.get<object>(path, { ...options, metadataOnly: true }))) !== undefined,
      };
    }),
    disruptionBudgets: list<V1PodDisruptionBudget>(
      `/apis/policy/v1${own}/poddisruptionbudgets`,
      `poddisruptionbudgets in ${namespace}`,
    ),
    networkPolicies: list<V1NetworkPolicy>(
      `/apis/networking.k8s.io/v1${own}/networkpolicies`,
      `networkpolicies in ${namespace}`,
    ),
    lease: one<V1Lease>(
      `/apis/coordination.k8s.io/v1${own}/leases/health-injector-controller`,
      `lease ${namespace}/health-injector-controller`,
    ),
    quarantines: list<NodeQuarantine>(quarantinesPath, `nodequarantines.${apiGroup}`),
    mutatingPolicies: orNone(
      reader.list<KubernetesObject, { name: string; patchesWithObjects: boolean }>(
        `${admission}/mutatingadmissionpolicies`,
        { what: 'mutatingadmissionpolicies', limit: mostObjects },
        (object) => ({ name: object.metadata?.name ?? '', patchesWithObjects: patchesWithObjects(object) }),
      ),
    ),
    deviceTaintRules: orNone(
      reader.list<KubernetesObject, { name: string; selectsDevices: boolean }>(
        '/apis/resource.k8s.io/v1/devicetaintrules',
        { what: 'devicetaintrules', limit: mostObjects },
        (object) => ({ name: object.metadata?.name ?? '', selectsDevices: selectsDevices(object) }),
      ),
    ),
    apiserverPorts: reader.read('get the endpointslices of the apiserver', async (options) => {
      const path = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
      const query = 'labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes';
      const { items } = await client.get<{ items: { ports?: { port?: number }[] }[] }>(`${path}?${query}`, options);
      return [...new Set(items.flatMap(({ ports = [] }) => ports.flatMap(({ port }) => port ?? [])))];
    }),
  });
}

/** The list of a kind that not every cluster has: where it has none there are none. */
async function orNone<T>(read: Promise<FactRead<readonly T[]>>): Promise<FactRead<readonly T[]>> {
  const found = await read;
  return 'unread' in found && found.unread.startsWith('the cluster has no ') ? { value: [] } : found;
}

/** A value without an `Object{}`, as the policies of `export-policy` have them, holds no list of such. */
const patchesWithObjects = (object: object): boolean =>
  ((object as { spec?: { mutations?: { jsonPatch?: { expression?: string } }[] } }).spec?.mutations ?? []).some(
    ({ jsonPatch }) => jsonPatch?.expression?.includes('Object') === true,
  );

const selectsDevices = (object: object): boolean =>
  (object as { spec?: { deviceSelector?: object } }).spec?.deviceSelector !== undefined;

/** Waits for all of some reads, by their names. */
async function together<R extends Readonly<Record<string, Promise<unknown>>>>(
  reads: R,
): Promise<{ readonly [Name in keyof R]: Awaited<R[Name]> }> {
  const entries = Object.entries(reads).map(async ([name, read]) => [name, await read] as const);
  return Object.fromEntries(await Promise.all(entries)) as { readonly [Name in keyof R]: Awaited<R[Name]> };
}
