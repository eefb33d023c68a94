import type {
  V1CustomResourceDefinition,
  V1Deployment,
  V1Lease,
  V1MutatingWebhookConfiguration,
  V1NetworkPolicy,
  V1Pod,
  V1PodDisruptionBudget,
  V1Service,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import type { NodeQuarantine } from '../quarantine/quarantine.ts';
import type { PodFact } from './pod-fact.ts';

/** What one read of the cluster gave: a value, or a clause that says why there is none. */
export type FactRead<T> =
  | { readonly value: T; /** Only so many objects were looked at. */ readonly limit?: number }
  | { readonly unread: string };

/** What is known of an installation whatever the caller may read. */
export type Installation = {
  /** `pre`: there is no installation yet, and the question is whether there can be one. */
  readonly mode: 'pre' | 'installed';
  readonly namespace: string;
  /** The names of its MutatingWebhookConfiguration and of its Service. */
  readonly configuration: string;
  readonly service: string;
  /** What every annotation key begins with. */
  readonly prefix: string;
  readonly agentImage: string;
  /** Whether containers name no uid, since the namespaces have ranges of their own, as on OpenShift. */
  readonly leavesUid: boolean;
  /** `secret`, `cert-manager` or `files`: where the webhook has its certificate from. */
  readonly certificateSource: string;
  readonly certificateSecret: string;
  readonly excludedNamespaces: readonly string[];
  /** What the controller does about hardware: `off`, `dry-run` or `move`, and whom it keeps off. */
  readonly hardware: string;
  readonly hardwareScope: string;
  readonly repair: string;
  /** `off`, or how many Pods of an owner liveness may restart in ten minutes, such as `25%`. */
  readonly restartBudget: string;
  /** Of the program that looks. */
  readonly version: string;
  readonly nowMs: number;
};

export type NodeFact = {
  readonly name: string;
  /** The version of its kubelet, such as `v1.36.3`. */
  readonly kubelet: string;
  readonly taints: readonly string[];
  /** The extended resources that its device plugins offer. */
  readonly devices: readonly string[];
};

export type NamespaceFact = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};

/** A Service that a webhook is behind, and how many of its endpoints take traffic; `ports` is empty where it is not there. */
export type ServiceFact = {
  readonly namespace: string;
  readonly name: string;
  readonly ports: readonly number[];
  readonly readyEndpoints: number;
};

/** A replica of the webhook, asked through the apiserver; a clause in place of what it did not say. */
export type ReplicaFact = {
  readonly pod: string;
  readonly notReady: string | undefined;
  readonly version: string | undefined;
};

/** The certificate that a replica presented, PEM; or why none was seen. */
export type ServedFact =
  | { readonly pod: string; readonly certificate: string }
  | { readonly pod: string; readonly unseen: string };

/** One thing that an account has to be allowed, as a clause, and whether it is. */
export type RightFact = { readonly right: string; readonly isAllowed: boolean };

/** A HealthPolicy as far as its status and its words are looked at. */
type PolicyFact = {
  readonly name: string;
  readonly mode: string;
  readonly generation: number;
  readonly observedGeneration: number | undefined;
  readonly isAccepted: boolean | undefined;
  readonly message: string;
};

/** Everything that is looked at, by its name; a diagnostic says which it needs. */
export type ClusterReads = {
  /** `away` is why it does not answer. */
  readonly apiserver: { readonly gitVersion: string; readonly away?: string };
  readonly apiGroups: readonly string[];
  readonly nodes: readonly NodeFact[];
  readonly namespaces: readonly NamespaceFact[];
  readonly mutatingWebhooks: readonly V1MutatingWebhookConfiguration[];
  readonly validatingWebhooks: readonly V1ValidatingWebhookConfiguration[];
  readonly mutatingPolicies: readonly { readonly name: string; readonly patchesWithObjects: boolean }[];
  readonly deviceTaintRules: readonly { readonly name: string; readonly selectsDevices: boolean }[];
  readonly webhookServices: readonly ServiceFact[];
  readonly deployments: readonly V1Deployment[];
  /** The Pods of webhook and controller. */
  readonly ownPods: readonly V1Pod[];
  readonly service: V1Service | undefined;
  readonly serviceAccounts: readonly string[];
  readonly certificateSecret: { readonly isThere: boolean };
  readonly disruptionBudgets: readonly V1PodDisruptionBudget[];
  readonly networkPolicies: readonly V1NetworkPolicy[];
  readonly apiserverPorts: readonly number[];
  readonly lease: V1Lease | undefined;
  readonly kinds: readonly V1CustomResourceDefinition[];
  readonly policies: readonly PolicyFact[];
  readonly quarantines: readonly NodeQuarantine[];
  readonly pods: readonly PodFact[];
  readonly replicas: readonly ReplicaFact[];
  readonly served: readonly ServedFact[];
  /** Pods and a Deployment as the apiserver would create them: with a sidecar of the caller, annotated, and annotated. */
  readonly plainPod: V1Pod;
  readonly annotatedPod: V1Pod;
  readonly annotatedDeployment: V1Deployment;
  readonly accountRights: readonly RightFact[];
  readonly installerRights: readonly RightFact[];
};

export type ClusterFacts = {
  readonly about: Installation;
  readonly reads: { readonly [Name in keyof ClusterReads]?: FactRead<ClusterReads[Name]> };
};
