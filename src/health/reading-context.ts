/** What reading needs to know besides the Pod: fixed for the life of the process. */
export type ReadingContext = {
  readonly prefix: string;
  readonly patternNames: readonly string[];
  readonly agentImage: string;
  readonly allowImage: boolean;
  readonly allowed: Allowed;
};

/** What of a node the administrator lets an annotation or a policy name; a path stands for all that is below it. */
export type Allowed = {
  readonly hostPaths: readonly string[];
  readonly devices: readonly string[];
  readonly deviceResources: readonly string[];
  readonly resourceClaims: readonly string[];
};
