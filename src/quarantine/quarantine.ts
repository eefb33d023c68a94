import type { V1ObjectMeta } from '@kubernetes/client-node';
import { gangOf } from '../gang/gang.ts';
import type { GangPod } from '../gang/kinds.ts';

/**
 * A node that is kept from Pods whose hardware check failed there. There is one for each node, of the node's name, so
 * that deleting it releases all of them; the CRD in deploy/crds says what each field means.
 */
export type NodeQuarantine = {
  readonly apiVersion: 'health.example.com/v1alpha1';
  readonly kind: 'NodeQuarantine';
  readonly metadata: V1ObjectMeta;
  readonly spec: {
    readonly nodeName: string;
    /** Of the boot in which the checks failed: another one is another machine, as far as can be told. */
    readonly bootId: string;
    /** `Node` keeps all Pods off by a taint; `Owner` only those of the owners listed. */
    readonly scope: 'Owner' | 'Node';
    readonly owners: readonly QuarantinedOwner[];
  };
  readonly status?: {
    /** The webhook replicas that keep Pods off by this generation of the spec, by the names of their Pods. */
    readonly observedGenerations?: Readonly<Record<string, number>>;
  };
};

/** Tells whether an object is a NodeQuarantine of the version that is read here. */
export const isNodeQuarantine = (object: unknown): object is NodeQuarantine => {
  const { apiVersion, kind } = (object ?? {}) as Readonly<Record<string, unknown>>;
  return apiVersion === 'health.example.com/v1alpha1' && kind === 'NodeQuarantine';
};

/** The path of the quarantines in the API. */
export const quarantinesPath = '/apis/health.example.com/v1alpha1/nodequarantines';

/** An owner whose Pods are kept off the node, and why. */
export type QuarantinedOwner = {
  readonly owner: OwnerKey;
  /** What failed, as the agent says it. */
  readonly check: string;
  readonly message: string;
  /** Undefined where it is not known, or the node as a whole fails. */
  readonly device?: FailedDevice;
  readonly since: string;
  readonly until: string;
  /** `Preferred` where no other node takes the Pods: a sick node is better than none; `None` where only a device is kept from Pods. */
  readonly affinity: 'Required' | 'Preferred' | 'None';
  /** The Pods that were moved off, by uid: one move has one id, also with another leader. */
  readonly moves: readonly { readonly podUid: string; readonly podName: string; readonly at: string }[];
};

/** The device that failed; its names are texts of others, each on one line and cut. */
export type FailedDevice = {
  readonly reportedBy: 'Agent' | 'Kubelet';
  /** The extended resource or the claim that it was given for; undefined for a sensor. */
  readonly resource?: string;
  /** The sensor, interface or card as the agent calls it, or the id of the device. */
  readonly id: string;
  /** Its place in DRA, where a DeviceTaintRule keeps Pods off it and not off its node. */
  readonly tainted?: ClaimedDevice;
};

/** A device as a ResourceSlice names it. */
export type ClaimedDevice = { readonly driver: string; readonly pool: string; readonly device: string };

/** Whom a Pod belongs to, by names that its replacement has too. */
export type OwnerKey = { readonly namespace: string; readonly kind: string; readonly name: string };

/** No object has a longer name, but the apiserver takes a reference of any length and any text. */
const mostCharacters = { kind: 63, name: 253 };
const kindPattern = /^[A-Za-z][A-Za-z0-9]*$/;
const namePattern = /^[a-z0-9.-]+$/;

const isPossible = ({ kind, name }: { readonly kind: string; readonly name: string }): boolean =>
  kind.length <= mostCharacters.kind &&
  name.length <= mostCharacters.name &&
  kindPattern.test(kind) &&
  namePattern.test(name);

/**
 * The owner of a Pod, without asking the apiserver: the Pods of a Deployment name their ReplicaSet, whose name is the
 * Deployment's and the hash that is also on the Pod, and those of a CronJob a Job whose name ends in its minute;
 * undefined for a bare Pod, and for an owner that could not exist.
 */
export function ownerKeyOf(namespace: string, metadata: V1ObjectMeta | undefined): OwnerKey | undefined {
  const controller = metadata?.ownerReferences?.find((owner) => owner.controller);
  if (!controller || !isPossible(controller)) return undefined;
  const suffix = `-${metadata?.labels?.['pod-template-hash'] ?? ''}`;
  const isOfDeployment = controller.kind === 'ReplicaSet' && suffix.length > 1 && controller.name.endsWith(suffix);
  const cronJob = controller.kind === 'Job' ? cronJobOf(controller.name) : undefined;
  if (cronJob !== undefined) return { namespace, kind: 'CronJob', name: cronJob };
  if (!isOfDeployment) return { namespace, kind: controller.kind, name: controller.name };
  return { namespace, kind: 'Deployment', name: controller.name.slice(0, -suffix.length) };
}

/**
 * The CronJob of a Job, whose name ends in the minute that it was due at, counted from 1970: 27 million was in 2021, and
 * 60 million will be in 2084. The date that people like to end names with, such as 20300131, is less.
 */
function cronJobOf(job: string): string | undefined {
  const [, name, minute] = /^(.+)-(\d{8})$/.exec(job) ?? [];
  return Number(minute) >= 27_000_000 && Number(minute) < 60_000_000 ? name : undefined;
}

/** The key of the gang of a Pod, whose children are made anew by other names; undefined for a Pod that is in none. */
export function gangKeyOf(namespace: string, pod: GangPod): OwnerKey | undefined {
  const gang = gangOf(namespace, pod);
  return gang && { namespace, kind: gang.kind, name: gang.name };
}

/** Whom a quarantine, a cap and a ledger know a Pod by: its gang, else its owner. */
export const quarantineKeyOf = (namespace: string, pod: GangPod): OwnerKey | undefined =>
  gangKeyOf(namespace, pod) ?? ownerKeyOf(namespace, pod.metadata);

/** A text that is the same for two keys exactly where they are. */
export const ownerText = ({ namespace, kind, name }: OwnerKey): string => `${namespace}/${kind}/${name}`;
