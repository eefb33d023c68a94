/** All that a report is made of. Texts of strangers are bounded and safe to look at before they stand here. */
export type ReportFacts = {
  readonly takenAt: string;
  /** What was looked at, such as `namespace shop of https://…`. */
  readonly subject: string;
  /** Whether Pods were looked at: manifests have none. */
  readonly isLive: boolean;
  readonly kubernetes: string | undefined;
  readonly namespaces: readonly NamespaceFact[];
  readonly workloads: readonly WorkloadFact[];
  readonly policies: readonly PolicyFact[];
  readonly quarantines: readonly QuarantineFact[];
  readonly events: readonly EventFact[];
  readonly certificates: readonly CertificateFact[];
  /** What could not be looked at, in sentences. */
  readonly unseen: readonly string[];
};

/** A namespace, and the default that it sets for its Pods. */
type NamespaceFact = { readonly name: string; readonly inject: 'enabled' | 'disabled' | undefined };

/** Whose probes a workload has: ours counts also beside others, `own` is that of its author or of another webhook. */
export type Coverage = 'ours' | 'own' | 'none';

/** A check that a container gets, or would get, and the probes that it stands behind. */
export type CheckFact = {
  readonly container: string;
  readonly pattern: string;
  readonly checks: readonly string[];
  readonly probes: readonly string[];
  /** The preset that it was found by; undefined where a person wrote it. */
  readonly guess: string | undefined;
};

/** What becomes of a workload, or of a Pod without one, by the word of the webhook's core. */
export type WorkloadFact = {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly coverage: Coverage;
  /** `injected`, `already-injected`, `left-alone` or a skip reason. */
  readonly result: string;
  readonly sentence: string;
  /** Who asks: `annotations`, the policy or the namespace; undefined where nothing does. */
  readonly by: string | undefined;
  readonly checks: readonly CheckFact[];
  /** Mistakes and what was left, in sentences. */
  readonly notes: readonly string[];
  /** What `auto` would do where neither its author nor we probe it; undefined elsewhere. */
  readonly auto: { readonly checks: readonly CheckFact[]; readonly sentence: string } | undefined;
  readonly pods: PodCount;
  /** What one Pod costs more than without injection; undefined where nothing is added. */
  readonly cost: CostFact | undefined;
};

/** The Pods of a workload that are not over. */
export type PodCount = {
  readonly total: number;
  readonly ready: number;
  readonly injected: number;
  /** They should carry a check and do not. */
  readonly missed: number;
  readonly restarts: number;
  /** They have a guess that has not passed; undefined where their agents were not asked. */
  readonly unproven: number | undefined;
};

export type CostFact = {
  readonly cpuMsPerHour: number;
  readonly execsPerMinute: number;
  readonly cpuMillis: number;
  readonly memoryMebibytes: number;
};

/** A HealthPolicy with what the controller counted for it; counts are undefined where it has not. */
export type PolicyFact = {
  readonly name: string;
  readonly mode: string;
  readonly priority: number;
  readonly asks: string;
  readonly problems: readonly string[];
  readonly matched: number | undefined;
  readonly injected: number | undefined;
  readonly missed: number | undefined;
  readonly unproven: number | undefined;
};

/** An owner that is kept off a node, and the Pods that were moved. */
type QuarantineFact = {
  readonly node: string;
  readonly owner: string;
  readonly check: string;
  readonly message: string;
  readonly since: string;
  readonly until: string;
  readonly moves: readonly { readonly pod: string; readonly at: string }[];
};

/** An Event of ours about a move, a repair or a missed Pod. */
export type EventFact = {
  readonly at: string;
  readonly reason: string;
  readonly object: string;
  readonly message: string;
};

export type CertificateFact = {
  readonly name: string;
  readonly notBefore: string;
  readonly notAfter: string;
};
