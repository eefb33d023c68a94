// https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/

/**
 * What clusters do differently by their version. Without `ImageVolume` and `PodLevelResources` the apiserver drops a field
 * without a word, after every webhook has seen it; `PodLevelResourcesFixDefaulting` completes what is said for a Pod as a
 * whole after the webhooks instead of before them.
 */
export type FeatureGate = 'ImageVolume' | 'PodLevelResources' | 'PodLevelResourcesFixDefaulting';

/** The minor version of Kubernetes 1 since which each is on by itself. */
const defaultSince: Readonly<Record<FeatureGate, number>> = {
  ImageVolume: 35,
  PodLevelResources: 34,
  PodLevelResourcesFixDefaulting: 37,
};

/** What the administrator says of the cluster. */
export type KubernetesSettings = {
  /** Undefined: that of the apiserver, where there is one. */
  readonly minor: number | undefined;
  /** The gates that are set other than the version has them. */
  readonly gates: ReadonlyMap<string, boolean>;
};

/** Whether a cluster has a feature; undefined where its version is not known. */
export function featureState(
  gate: FeatureGate,
  { minor, gates }: KubernetesSettings,
  apiserverMinor: number | undefined,
): boolean | undefined {
  const version = minor ?? apiserverMinor;
  return gates.get(gate) ?? (version === undefined ? undefined : version >= defaultSince[gate]);
}

/** The same, where the newest version is assumed of one that is not known. */
export const hasFeature = (...asked: Parameters<typeof featureState>): boolean => featureState(...asked) ?? true;
