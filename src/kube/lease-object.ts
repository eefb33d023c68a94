// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
import type { Connection } from './connection.ts';
import { expectFound, expectWritten } from './object-answer.ts';

/** A Lease as it is on the wire. */
export type Lease = {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
};

/** Where a Lease is. */
export type LeasePlace = { readonly connection: Connection; readonly namespace: string; readonly name: string };

const collectionOf = ({ namespace }: LeasePlace): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

/** The Lease, or undefined where there is none yet. */
export async function readLease(place: LeasePlace, signal: AbortSignal): Promise<Lease | undefined> {
  const response = await place.connection.get(`${collectionOf(place)}/${place.name}`, { signal });
  return (await expectFound(response)) as Lease | undefined;
}

/** Makes the Lease; rejects with `Conflict` where another was faster. */
export async function createLease(
  place: LeasePlace,
  spec: NonNullable<Lease['spec']>,
  signal: AbortSignal,
): Promise<void> {
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: place.name, namespace: place.namespace },
    spec,
  };
  await expectWritten(await place.connection.send('POST', collectionOf(place), body, { signal }));
}

/** Writes the Lease; rejects with `Conflict` where it is no longer of the version that was read. */
export async function updateLease(place: LeasePlace, lease: Lease, signal: AbortSignal): Promise<void> {
  await expectWritten(await place.connection.send('PUT', `${collectionOf(place)}/${place.name}`, lease, { signal }));
}
