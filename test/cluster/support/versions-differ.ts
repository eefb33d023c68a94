/** A golden case that some versions of Kubernetes do not give as `test/cases` has it. */
export type VersionDifference = {
  readonly name: string;
  /** The minor versions that were tried and give it otherwise. */
  readonly minors: readonly number[];
  /** The fields that are otherwise there, as `differencesOf` says them. */
  readonly changed: readonly string[];
  readonly why: string;
};

export const differencesByVersion: readonly VersionDifference[] = [];

/** Golden cases of which a Pod that was stored and is created anew is another, since these versions complete it after the webhooks. */
export const completedAfterwards: Readonly<Record<string, readonly number[]>> = {
  'rules/pod-resources-of-a-limit-alone-stay-the-request': [37],
};
