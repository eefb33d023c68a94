// https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/

/** What a cluster may lack: the apiserver drops such a field without a word, after every webhook has seen it. */
export type FeatureGate = 'ImageVolume' | 'PodLevelResources';

/** The minor version of Kubernetes 1 since which each is on by itself. */
const defaultSince: Readonly<Record<FeatureGate, number>> = { ImageVolume: 35, PodLevelResources: 34 };

/** What the administrator says of the cluster. */
export type KubernetesSettings = {
  /** Undefined: that of the apiserver, where there is one. */
  readonly minor: number | undefined;
  /** The gates that are set other than the version has them. */
  readonly gates: ReadonlyMap<string, boolean>;
};

/** Whether a cluster has a feature; of a version that nobody knows the newest is assumed. */
export const hasFeature = (
  gate: FeatureGate,
  { minor, gates }: KubernetesSettings,
  apiserverMinor: number | undefined,
): boolean => gates.get(gate) ?? (minor ?? apiserverMinor ?? Infinity) >= defaultSince[gate];
