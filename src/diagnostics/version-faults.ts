type MinorAndPatch = readonly [minor: number, patch: number];

/** A fault of Kubernetes that makes a health check say or do something wrong, and the versions that have it. */
export type VersionFault = {
  readonly component: 'kubelet' | 'apiserver';
  /** The first version with the fault; all older ones have it where this is missing. */
  readonly since?: MinorAndPatch;
  /** The first version without it. */
  readonly before: MinorAndPatch;
  /** Of kubernetes/kubernetes; missing where only the changelog of the next version has it. */
  readonly issue?: number;
};

/** By the id of the diagnostic that looks for it. docs/kubernetes-versions.md has the same rows, with what they do. */
export const versionFaults = {
  'fault-image-volume-events': { component: 'kubelet', before: [37, 0], issue: 138_655 },
  'fault-exec-readiness': { component: 'kubelet', since: [35, 0], before: [37, 0], issue: 140_882 },
  'fault-device-health': { component: 'kubelet', before: [37, 0], issue: 140_323 },
  'fault-policy-panic': { component: 'apiserver', before: [37, 0], issue: 142_181 },
  'fault-device-taint-rule': { component: 'apiserver', since: [37, 0], before: [37, 1] },
} as const satisfies Readonly<Record<string, VersionFault>>;

const isBefore = ([minor, patch]: MinorAndPatch, [otherMinor, otherPatch]: MinorAndPatch): boolean =>
  minor < otherMinor || (minor === otherMinor && patch < otherPatch);

/** Whether a version such as `v1.36.3+k3s1` has a fault; one that cannot be read has none. */
export function hasFault({ since, before }: VersionFault, gitVersion: string): boolean {
  const [, minor, patch] = /^v?1\.(\d{1,3})\.(\d{1,4})/.exec(gitVersion) ?? [];
  if (minor === undefined || patch === undefined) return false;
  const version: MinorAndPatch = [Number(minor), Number(patch)];
  return isBefore(version, before) && !(since !== undefined && isBefore(version, since));
}
