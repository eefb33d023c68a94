/** The times and bounds of following; a value, so that a test need not wait. */
export type FollowLimits = {
  readonly pageSize: number;
  /** How long a page may take. */
  readonly pageMs: number;
  /** How long the apiserver is asked to serve one watch: a random time between the two. */
  readonly watchSeconds: readonly [least: number, most: number];
  /** How long after that time a watch counts as dead. */
  readonly graceMs: number;
  /** The longest page, and the longest line of a watch. */
  readonly limitBytes: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** How long to wait where a person has to do something: grant a right, install a CustomResourceDefinition. */
  readonly deniedMs: number;
};

/** The limits of a real cluster; no object is larger than 3 MB, and most are a few kB. */
export const usualLimits: FollowLimits = {
  pageSize: 250,
  pageMs: 60_000,
  watchSeconds: [300, 600],
  graceMs: 15_000,
  limitBytes: 16 * 1024 * 1024,
  minMs: 500,
  maxMs: 30_000,
  deniedMs: 30_000,
};
