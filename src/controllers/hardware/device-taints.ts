// https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#device-taints-and-tolerations
import { createHash } from 'node:crypto';
import { ignoreNotFound, isConflict } from '../../kube/api-error.ts';
import type { CallOptions, Client } from '../../kube/client.ts';
import {
  type ClaimedDevice,
  type NodeQuarantine,
  type QuarantinedOwner,
  ownerText,
} from '../../quarantine/quarantine.ts';
import { type ResourceClaim, claimedDeviceOf } from './claimed-device.ts';
import type { HardwarePod } from './pod.ts';

/** The versions that have DeviceTaintRules: 1.37, and 1.36 where its gate and the beta API are on. */
const groupVersions = ['resource.k8s.io/v1', 'resource.k8s.io/v1beta2'];

const timeoutMs = 2_000;

/** The version in which the apiserver serves DeviceTaintRules; undefined where it serves none. */
async function servedVersion(client: Client, options: CallOptions): Promise<string | undefined> {
  for (const groupVersion of groupVersions) {
    const found = await ignoreNotFound(
      client.get<{ readonly resources?: readonly { readonly name?: string }[] }>(`/apis/${groupVersion}`, options),
    );
    if (found?.resources?.some(({ name }) => name === 'devicetaintrules')) return groupVersion;
  }
  return undefined;
}

/**
 * The device of DRA that fails in a Pod, where it can be tainted; else why its node is quarantined instead. Rejects where
 * the apiserver does not say.
 */
export async function taintableDevice(
  client: Client,
  { namespace, uid, failing }: HardwarePod,
  signal: AbortSignal,
): Promise<{ readonly device: ClaimedDevice } | { readonly why: string }> {
  const { claim, ...sick } = failing?.device ?? { resource: '', id: '' };
  if (claim === undefined) return { why: 'it is no device of DRA' };
  const options = { signal, timeoutMs };
  if ((await servedVersion(client, options)) === undefined) return { why: 'the apiserver has no DeviceTaintRules' };
  const path = `/apis/resource.k8s.io/v1/namespaces/${namespace}/resourceclaims/${claim}`;
  const found = await ignoreNotFound(client.get<ResourceClaim>(path, options));
  return found ? claimedDeviceOf(found, sick, uid) : { why: 'its claim is gone' };
}

const label = (prefix: string): string => `${prefix}hardware`;
const ownerAnnotation = (prefix: string): string => `${prefix}owner`;

/**
 * The rule that keeps Pods off a device. Its owner is the quarantine: deleting that releases the device too. The effect is
 * NoSchedule: NoExecute would delete Pods past their PodDisruptionBudgets, also those that ask for no check.
 */
const ruleFor = (
  { driver, pool, device }: ClaimedDevice,
  owner: QuarantinedOwner['owner'],
  { metadata: { name = '', uid = '' } }: NodeQuarantine,
  prefix: string,
): object => ({
  metadata: {
    name: `health-injector-${createHash('sha256').update([uid, driver, pool, device].join('/')).digest('hex').slice(0, 16)}`,
    labels: { [label(prefix)]: 'failed' },
    annotations: { [ownerAnnotation(prefix)]: ownerText(owner) },
    ownerReferences: [{ apiVersion: 'health.example.com/v1alpha1', kind: 'NodeQuarantine', name, uid }],
  },
  spec: {
    deviceSelector: { driver, pool, device },
    taint: { key: label(prefix), value: 'failed', effect: 'NoSchedule' },
  },
});

/** Keeps Pods off a device from now on; one that is tainted already stays so. */
export async function taintDevice(
  { client, prefix }: { readonly client: Client; readonly prefix: string },
  device: ClaimedDevice,
  owner: QuarantinedOwner['owner'],
  quarantine: NodeQuarantine,
  signal: AbortSignal,
): Promise<void> {
  const apiVersion = await servedVersion(client, { signal, timeoutMs });
  if (apiVersion === undefined) throw new Error('the apiserver has no DeviceTaintRules');
  const rule = { apiVersion, kind: 'DeviceTaintRule', ...ruleFor(device, owner, quarantine, prefix) };
  try {
    await client.create(`/apis/${apiVersion}/devicetaintrules`, rule, { signal });
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

type Rule = {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string }[];
  };
};

/** Releases the devices of some owners of a quarantine that stays; those of one that is deleted go with it. */
export async function releaseDevices(
  { client, prefix }: { readonly client: Client; readonly prefix: string },
  { metadata: { uid } }: NodeQuarantine,
  owners: readonly QuarantinedOwner[],
  signal: AbortSignal,
): Promise<void> {
  const gone = new Set(owners.filter(({ device }) => device?.tainted).map(({ owner }) => ownerText(owner)));
  const apiVersion = gone.size === 0 ? undefined : await servedVersion(client, { signal, timeoutMs });
  if (apiVersion === undefined) return;
  const path = `/apis/${apiVersion}/devicetaintrules`;
  const { items } = await client.list<Rule>(path, { labelSelector: `${label(prefix)}=failed`, signal });
  for (const { metadata } of items) {
    const isOurs = metadata.ownerReferences?.some((owner) => owner.uid === uid);
    if (!isOurs || !gone.has(metadata.annotations?.[ownerAnnotation(prefix)] ?? '')) continue;
    await ignoreNotFound(client.delete(`${path}/${metadata.name}`, { signal }));
  }
}
