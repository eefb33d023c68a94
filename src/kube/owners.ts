import type { V1ObjectMeta } from '@kubernetes/client-node';
import { ApiError } from './api-error.ts';
import type { Client } from './client.ts';

/** An object that a Pod or another owner belongs to. */
export type Owner = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
};

/** The controller of an object, such as the ReplicaSet of a Pod; undefined where it has none. */
export function ownerOf(metadata: V1ObjectMeta | undefined): Owner | undefined {
  const controller = metadata?.ownerReferences?.find((owner) => owner.controller);
  if (!controller) return undefined;
  const { apiVersion, kind, name, uid } = controller;
  return { apiVersion, kind, name, uid };
}

/** Finds whom a person knows: the Deployment of a ReplicaSet, the CronJob of a Job, else the owner itself. */
export type Owners = { readonly topOf: (owner: Owner, namespace: string, signal: AbortSignal) => Promise<Owner> };

/** The kinds that are made by another workload, and where they are. */
const collections: Readonly<Record<string, string>> = {
  ReplicaSet: '/apis/apps/v1/namespaces/NAMESPACE/replicasets',
  Job: '/apis/batch/v1/namespaces/NAMESPACE/jobs',
};

const mostRemembered = 4_096;

/** Owners by the apiserver, each asked for once; where it gives no answer the owner itself has to do. */
export function createOwners(client: Client): Owners {
  const known = new Map<string, Owner>();
  return {
    async topOf(owner, namespace, signal) {
      const collection = collections[owner.kind];
      const found = known.get(owner.uid);
      if (found || collection === undefined) return found ?? owner;
      const top = await read(client, `${collection.replace('NAMESPACE', namespace)}/${owner.name}`, signal);
      if (known.size >= mostRemembered) known.delete(known.keys().next().value ?? '');
      known.set(owner.uid, top ?? owner);
      return top ?? owner;
    },
  };
}

async function read(client: Client, path: string, signal: AbortSignal): Promise<Owner | undefined> {
  try {
    const { metadata } = await client.get<{ readonly metadata?: V1ObjectMeta }>(path, { metadataOnly: true, signal });
    return ownerOf(metadata);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
