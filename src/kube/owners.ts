// https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
import type { V1ObjectMeta } from '@kubernetes/client-node';
import { ApiError, ignoreNotFound } from './api-error.ts';
import type { CallOptions, Client } from './client.ts';

/** An object that a Pod or another owner belongs to. */
export type Owner = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
};

/** No object has a longer name. The apiserver takes a reference of any length, and what is made of it is kept. */
const mostCharacters = 253;

/** A reference may hold any text; that of an object that could exist has these. */
const groupVersionPattern = /^[a-z0-9.-]+(\/[a-z0-9]+)?$/;
const kindPattern = /^[A-Za-z][A-Za-z0-9]*$/;
const namePattern = /^[a-z0-9.-]+$/;
const uidPattern = /^[A-Za-z0-9.-]+$/;

/** The controller of an object, such as the ReplicaSet of a Pod; undefined where it has none that could exist. */
export function controllerOf(metadata: V1ObjectMeta | undefined): Owner | undefined {
  const controller = metadata?.ownerReferences?.find((owner) => owner.controller);
  if (!controller) return undefined;
  const { apiVersion, kind, name, uid } = controller;
  if ([apiVersion, kind, name, uid].some((text) => text?.length > mostCharacters)) return undefined;
  const isPossible =
    groupVersionPattern.test(apiVersion) && kindPattern.test(kind) && namePattern.test(name) && uidPattern.test(uid);
  return isPossible ? { apiVersion, kind, name, uid } : undefined;
}

export type OwnerResolver = {
  /**
   * The object at the end of the chain of owners, which people know by name: the Deployment of a ReplicaSet, the CronJob
   * of a Job, else the owner itself. Rejects where the apiserver does not say; that is not remembered.
   */
  readonly resolveRoot: (owner: Owner, namespace: string, signal: AbortSignal) => Promise<Owner>;
};

/** The group and kind of an owner, such as `apps/ReplicaSet`; that of the core group begins with the slash. */
const groupKindOf = ({ apiVersion, kind }: Owner): string =>
  `${apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''}/${kind}`;

/** The kinds of Kubernetes itself that create Pods and create them anew, and the paths of their collections. */
const collections: Readonly<Record<string, (namespace: string) => string>> = {
  '/ReplicationController': (namespace) => `/api/v1/namespaces/${namespace}/replicationcontrollers`,
  'apps/ReplicaSet': (namespace) => `/apis/apps/v1/namespaces/${namespace}/replicasets`,
  'apps/StatefulSet': (namespace) => `/apis/apps/v1/namespaces/${namespace}/statefulsets`,
  'batch/Job': (namespace) => `/apis/batch/v1/namespaces/${namespace}/jobs`,
};

/** The groups in which no other kind creates Pods anew, but for the DaemonSet. */
const builtInGroup = /^(apps|batch|)\//;

/** Those that another workload creates. */
const ownedKinds = new Set(['apps/ReplicaSet', 'batch/Job']);

type OwnerMetadata = { readonly metadata?: V1ObjectMeta };

const readMetadata = (client: Client, path: string, options: CallOptions): Promise<OwnerMetadata | undefined> =>
  ignoreNotFound(client.get<OwnerMetadata>(path, { ...options, metadataOnly: true }));

/**
 * Whether an owner exists under its uid, of a kind that creates Pods anew; `unreadable`: it is of a kind that this
 * account may not read, such as a custom resource. A reference proves nothing: a Pod's author may write any.
 */
export async function findOwner(
  client: Client,
  owner: Owner,
  namespace: string,
  options: CallOptions,
): Promise<'present' | 'absent' | 'unreadable'> {
  const groupKind = groupKindOf(owner);
  const collection = collections[groupKind];
  if (!collection) return builtInGroup.test(groupKind) ? 'absent' : 'unreadable';
  try {
    const found = await readMetadata(client, `${collection(namespace)}/${owner.name}`, options);
    const isThere = found?.metadata?.uid === owner.uid && found.metadata.deletionTimestamp === undefined;
    return isThere ? 'present' : 'absent';
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return 'unreadable';
    throw error;
  }
}

const maxCached = 4_096;

/** A resolver that reads each owner from the apiserver once: the owner of an object of one uid never changes. */
export function createOwnerResolver(client: Client): OwnerResolver {
  /** By the whole reference: a Pod's author may write the uid of another's owner into his own. */
  const roots = new Map<string, Owner>();
  return {
    async resolveRoot(owner, namespace, signal) {
      const groupKind = groupKindOf(owner);
      const key = `${namespace}/${groupKind}/${owner.name}/${owner.uid}`;
      const cached = roots.get(key);
      const collection = ownedKinds.has(groupKind) ? collections[groupKind] : undefined;
      if (cached || !collection) return cached ?? owner;
      const object = await readMetadata(client, `${collection(namespace)}/${owner.name}`, { signal });
      const root = controllerOf(object?.metadata) ?? owner;
      if (roots.size >= maxCached) roots.delete(roots.keys().next().value ?? '');
      roots.set(key, root);
      return root;
    },
  };
}
