import type { V1ObjectMeta } from '@kubernetes/client-node';
import type { Connection } from '../kube/connection.ts';
import { readAnswer } from '../kube/read-answer.ts';
import { type Owner, ownerOf } from './census.ts';

/** Finds whom a person knows: the Deployment of a ReplicaSet, the CronJob of a Job, else the owner itself. */
export type Owners = { readonly topOf: (owner: Owner, namespace: string, signal: AbortSignal) => Promise<Owner> };

/** The kinds that are made by another workload, and where they are. */
const collections: Readonly<Record<string, string>> = {
  ReplicaSet: '/apis/apps/v1/namespaces/NAMESPACE/replicasets',
  Job: '/apis/batch/v1/namespaces/NAMESPACE/jobs',
};

const mostRemembered = 4_096;
const limitBytes = 4 * 1024 * 1024;

/** Owners by the apiserver, each asked for once; where it gives no answer the owner itself has to do. */
export function createOwners(connection: Connection): Owners {
  const known = new Map<string, Owner>();
  return {
    async topOf(owner, namespace, signal) {
      const collection = collections[owner.kind];
      const found = known.get(owner.uid);
      if (found || collection === undefined) return found ?? owner;
      const top = await read(connection, `${collection.replace('NAMESPACE', namespace)}/${owner.name}`, signal);
      if (known.size >= mostRemembered) known.delete(known.keys().next().value ?? '');
      known.set(owner.uid, top ?? owner);
      return top ?? owner;
    },
  };
}

async function read(connection: Connection, path: string, signal: AbortSignal): Promise<Owner | undefined> {
  const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
  const { status, body } = await readAnswer(await connection.get(path, { accept, signal }), limitBytes);
  if (status !== 200) return undefined;
  const { metadata } = body as { readonly metadata?: V1ObjectMeta };
  return ownerOf(metadata);
}
