// https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
import type { V1ObjectMeta } from '@kubernetes/client-node';
import { ignoreNotFound } from './api-error.ts';
import type { Client } from './client.ts';

/** An object that a Pod or another owner belongs to. */
export type Owner = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
};

/** No object has a longer name. The apiserver takes a reference of any length, and what is made of it is kept. */
const mostCharacters = 253;

/** The controller of an object, such as the ReplicaSet of a Pod; undefined where it has none that could exist. */
export function controllerOf(metadata: V1ObjectMeta | undefined): Owner | undefined {
  const controller = metadata?.ownerReferences?.find((owner) => owner.controller);
  if (!controller) return undefined;
  const { apiVersion, kind, name, uid } = controller;
  if ([apiVersion, kind, name, uid].some((text) => text?.length > mostCharacters)) return undefined;
  return { apiVersion, kind, name, uid };
}

export type OwnerResolver = {
  /**
   * The object at the end of the chain of owners, which people know by name: the Deployment of a ReplicaSet, the CronJob
   * of a Job, else the owner itself. Rejects where the apiserver does not say; that is not remembered.
   */
  readonly resolveRoot: (owner: Owner, namespace: string, signal: AbortSignal) => Promise<Owner>;
};

/** The kinds that another workload creates, and the paths of their collections. */
const collections: Readonly<Record<string, (namespace: string) => string>> = {
  ReplicaSet: (namespace) => `/apis/apps/v1/namespaces/${namespace}/replicasets`,
  Job: (namespace) => `/apis/batch/v1/namespaces/${namespace}/jobs`,
};

const maxCached = 4_096;

/** A resolver that reads each owner from the apiserver once: the owner of an object of one uid never changes. */
export function createOwnerResolver(client: Client): OwnerResolver {
  const roots = new Map<string, Owner>();
  return {
    async resolveRoot(owner, namespace, signal) {
      const cached = roots.get(owner.uid);
      const collection = collections[owner.kind];
      if (cached || !collection) return cached ?? owner;
      const object = await ignoreNotFound(
        client.get<{ readonly metadata?: V1ObjectMeta }>(`${collection(namespace)}/${owner.name}`, {
          metadataOnly: true,
          signal,
        }),
      );
      const root = controllerOf(object?.metadata) ?? owner;
      if (roots.size >= maxCached) roots.delete(roots.keys().next().value ?? '');
      roots.set(owner.uid, root);
      return root;
    },
  };
}
