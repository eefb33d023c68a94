// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
import type { Connection, Response } from './connection.ts';
import { messageOf, readAnswer } from './read-answer.ts';

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

/** Another has written the Lease since it was read, or made it first. */
export class Conflict extends Error {}

const limitBytes = 1024 * 1024;

const collectionOf = ({ namespace }: LeasePlace): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

/** The Lease, or undefined where there is none yet. */
export async function readLease(place: LeasePlace, signal: AbortSignal): Promise<Lease | undefined> {
  const { status, body } = await readAnswer(
    await place.connection.get(`${collectionOf(place)}/${place.name}`, { signal }),
    limitBytes,
  );
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`its reading was answered with ${messageOf({ status, body })}`);
  return body as Lease;
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

async function expectWritten(response: Response): Promise<void> {
  const answer = await readAnswer(response, limitBytes);
  if (answer.status === 409) throw new Conflict(messageOf(answer));
  if (answer.status !== 200 && answer.status !== 201) {
    throw new Error(`its writing was answered with ${messageOf(answer)}`);
  }
}
